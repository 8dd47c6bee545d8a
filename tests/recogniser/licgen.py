#!/usr/bin/python3
"""Synthetic generator for pictures of the Chinese vehicle licence (机动车行驶证).

Draws the main page (正页), the sub page (副页) or both, with random but
grammatically valid contents, then degrades the picture like a scan or a phone
photo.  Next to every picture it writes the ground truth as JSON, using the
field names of the WeChat drivingocr answer.

Everything is invented: the contents are drawn at random and name nobody, the
layout is redrawn from public descriptions, and every card is marked 样本.

Needs only Debian's python3-pil, python3-numpy and CJK fonts (see README).
"""
import argparse
import json
import math
import os
import random
from multiprocessing import Pool

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

S = 20                      # render scale, pixels per millimetre
W_MM, H_MM = 88.0, 60.0     # the printed sheet (证芯) of GA 37: 88 mm x 60 mm
PT = 25.4 / 72.0            # one typographic point in millimetres

# ----------------------------------------------------------------- fonts ----
SC = 2                      # index of the SC face in the Noto CJK collections
FONTS = {
    'song':  [('/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc', SC),
              ('/usr/share/fonts/truetype/arphic/uming.ttc', 0)],
    'hei':   [('/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc', SC)],
    'roman': [('/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc', SC)],
    'value': [('/usr/share/fonts/opentype/noto/NotoSerifCJK-Medium.ttc', SC),
              ('/usr/share/fonts/opentype/noto/NotoSerifCJK-SemiBold.ttc', SC),
              ('/usr/share/fonts/truetype/arphic/uming.ttc', 0),
              ('/usr/share/fonts/truetype/arphic-gbsn00lp/gbsn00lp.ttf', 0),
              ('/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc', SC),
              ('/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc', 0),
              ('/usr/share/fonts/truetype/arphic/ukai.ttc', 0)],
}
FONTS = {k: [f for f in v if os.path.exists(f[0])] for k, v in FONTS.items()}
_cache = {}


def font(face, mm):
    key = (face, round(mm * S))
    if key not in _cache:
        _cache[key] = ImageFont.truetype(face[0], key[1], index=face[1])
    return _cache[key]


# -------------------------------------------------------------- contents ----
PROVINCES = '京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼'
PROV = {  # plate character -> (province, city, plate letter)
    '粤': [('广东省', '东莞市', 'S'), ('广东省', '深圳市', 'B'), ('广东省', '广州市', 'A')],
    '京': [('北京市', '朝阳区', 'A'), ('北京市', '海淀区', 'N')],
    '沪': [('上海市', '浦东新区', 'A'), ('上海市', '嘉定区', 'C')],
    '津': [('天津市', '河西区', 'A')], '渝': [('重庆市', '渝北区', 'A')],
    '冀': [('河北省', '保定市', 'F')], '豫': [('河南省', '郑州市', 'A')],
    '云': [('云南省', '昆明市', 'A')], '辽': [('辽宁省', '大连市', 'B')],
    '黑': [('黑龙江省', '哈尔滨市', 'A')], '湘': [('湖南省', '长沙市', 'A')],
    '皖': [('安徽省', '合肥市', 'A')], '鲁': [('山东省', '青岛市', 'B')],
    '新': [('新疆维吾尔自治区', '昌吉市', 'B')],
    '苏': [('江苏省', '苏州市', 'E'), ('江苏省', '南京市', 'A')],
    '浙': [('浙江省', '杭州市', 'A'), ('浙江省', '宁波市', 'B')],
    '赣': [('江西省', '南昌市', 'A')], '鄂': [('湖北省', '武汉市', 'A')],
    '桂': [('广西壮族自治区', '南宁市', 'A')], '甘': [('甘肃省', '兰州市', 'A')],
    '晋': [('山西省', '太原市', 'A')], '蒙': [('内蒙古自治区', '包头市', 'B')],
    '陕': [('陕西省', '西安市', 'A')], '吉': [('吉林省', '长春市', 'A')],
    '闽': [('福建省', '厦门市', 'D')], '贵': [('贵州省', '贵阳市', 'A')],
    '青': [('青海省', '西宁市', 'A')], '藏': [('西藏自治区', '拉萨市', 'A')],
    '川': [('四川省', '成都市', 'A')], '宁': [('宁夏回族自治区', '银川市', 'A')],
    '琼': [('海南省', '海口市', 'A')],
}
PLATE_ALNUM = '0123456789ABCDEFGHJKLMNPQRSTUVWXYZ'      # no I, no O
VIN_ALPHA = '0123456789ABCDEFGHJKLMNPRSTUVWXYZ'         # no I, O, Q
WMI = ['LSV', 'LFV', 'LGB', 'LVS', 'LHG', 'LJ1', 'LZW', 'LGX', 'LBV', 'LSG',
       'LS5', 'LGW', 'LNB', 'LDC', 'LVG', 'LFM', 'LE4', 'LZZ', 'LGA', 'LVB']
VAL = dict(zip('0123456789', range(10)))
VAL.update(dict(A=1, B=2, C=3, D=4, E=5, F=6, G=7, H=8, J=1, K=2, L=3, M=4, N=5,
                P=7, R=9, S=2, T=3, U=4, V=5, W=6, X=7, Y=8, Z=9))
WEIGHT = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2]
BRANDS = [('大众汽车牌', 'SVW7'), ('东风日产牌', 'DFL7'), ('江淮牌', 'HFC'), ('五菱牌', 'LZW6'),
          ('比亚迪牌', 'BYD7'), ('别克牌', 'SGM7'), ('丰田牌', 'GTM7'), ('长安牌', 'SC6'),
          ('解放牌', 'CA4'), ('东风牌', 'EQ1'), ('福田牌', 'BJ5'), ('本田牌', 'GHA7'),
          ('哈弗牌', 'CC6'), ('吉利美日牌', 'MR7'), ('北京现代牌', 'BH7'), ('奇瑞牌', 'SQR7'),
          ('特斯拉牌', 'TSL7'), ('宇通牌', 'ZK6'), ('重汽豪沃牌', 'ZZ1'), ('宝马牌', 'BMW7')]
CARS = ['小型轿车', '小型普通客车', '小型越野客车', '微型轿车', '小型专用客车', '大型普通客车',
        '中型普通客车', '大型卧铺客车']
TRUCKS = ['轻型厢式货车', '轻型普通货车', '中型普通货车', '重型半挂牵引车', '重型自卸货车',
          '重型厢式货车', '轻型仓栅式货车', '重型罐式货车']
USES_CAR = ['非营运'] * 6 + ['租赁', '出租客运', '预约出租客运', '公路客运', '公交客运', '教练', '营转非']
USES_TRUCK = ['货运'] * 4 + ['非营运', '危化品运输']
TRADES = ['机械', '五金', '物流', '电子', '贸易', '运输', '纺织', '建材', '食品', '汽车租赁',
          '信息技术', '环保科技', '家具', '塑胶', '园林', '商务服务']
NAMEA = '恒宏鑫盛华泰瑞祥顺达安康新东源丰金立信诚博远海天'
KINDS = ['有限公司', '股份有限公司', '厂', '有限责任公司', '有限公司第一分公司', '经营部']
STREETS = ['人民路', '解放大道', '建设街', '工业大道', '科技园路', '长安镇振安中路', '滨河东路',
           '环城北路', '中山二路', '创业街', '南环路', '新华路', '光明大街', '朝阳北路']
SURN = '王李张刘陈杨赵黄周吴徐孙马朱胡林郭何高罗'
GIVEN = '伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚文建国志海'


def vin_check(v):
    r = sum(VAL[c] * w for c, w in zip(v, WEIGHT) if w) % 11
    return 'X' if r == 10 else str(r)


def make_vin(r):
    v = r.choice(WMI) + ''.join(r.choice(VIN_ALPHA) for _ in range(5)) + '0'
    v += r.choice('123456789ABCDEFGHJKLMNPRSTVWXY') + r.choice(VIN_ALPHA)
    v += ''.join(r.choice('0123456789') for _ in range(6))
    return v[:8] + vin_check(v) + v[9:]


def make_plate(r, prov, letter, truck):
    new_energy = r.random() < .2
    n = 6 if new_energy else 5
    while True:
        t = [r.choice('0123456789') for _ in range(n)]
        if new_energy:
            if truck:
                t[-1] = r.choice('DF')
            else:
                t[0] = r.choice('DF')
        else:
            for i in r.sample(range(n), r.choice([0, 1, 1, 2])):
                t[i] = r.choice(PLATE_ALNUM[10:])
        return prov + letter + ''.join(t)


def date(r, a=2008, b=2024):
    return '%04d-%02d-%02d' % (r.randint(a, b), r.randint(1, 12), r.randint(1, 28))


def make_record(r):
    pc = r.choice(list(PROV) + ['粤'] * 4)
    prov, city, letter = r.choice(PROV[pc])
    truck = r.random() < .3
    plate = make_plate(r, pc, letter, truck)
    brand, code = r.choice(BRANDS)
    model = brand + code + ''.join(r.choice('0123456789') for _ in range(r.choice([3, 4, 4])))
    model += ''.join(r.choice('ABCDEFGHJKLMNPRSTUVW') for _ in range(r.choice([0, 1, 2, 3])))
    if r.random() < .75:
        short = city if city.endswith('市') else prov
        owner = short + ''.join(r.sample(NAMEA, 2)) + r.choice(TRADES) + r.choice(KINDS)
    else:
        owner = r.choice(SURN) + ''.join(r.sample(GIVEN, r.choice([1, 2])))
    addr = (prov + city + r.choice(STREETS) + '%d号' % r.randint(1, 999))
    if r.random() < .5:
        addr += '%d栋%d单元%d室' % (r.randint(1, 30), r.randint(1, 6), r.randint(101, 2804))
    eng = ''.join(r.choice('0123456789') for _ in range(r.choice([6, 7, 8])))
    if r.random() < .6:
        k = r.choice([1, 2, 3])
        eng = ''.join(r.choice('ABCDEFGHJKLMNPRSTUVWXYZ') for _ in range(k)) + eng[k - 1:]
    reg = date(r)
    iss = reg if r.random() < .6 else date(r, int(reg[:4]), 2025)
    if truck:
        pre = r.randrange(1500, 9000, 5); load = r.randrange(500, 18000, 5)
        seats = r.choice([2, 3, 3, 5, 6]); total = pre + load + 65 * seats
        dims = (r.randrange(4200, 12000, 5), r.randrange(1600, 2555, 5), r.randrange(1900, 3995, 5))
        loadtxt = '%dkg' % load
    else:
        pre = r.randrange(900, 2600, 5); seats = r.choice([5, 5, 5, 7, 7, 8, 19, 45])
        total = pre + 75 * seats
        dims = (r.randrange(3400, 5400, 1), r.randrange(1500, 2050, 1), r.randrange(1380, 2000, 1))
        loadtxt = '--'
    rec = ''.join(r.choice('0123456789') for _ in range(8))
    y, m = r.randint(2019, 2030), r.randint(1, 12)
    return dict(
        plate_num=plate, vehicle_type=r.choice(TRUCKS if truck else CARS), owner=owner, addr=addr,
        use_character=r.choice(USES_TRUCK if truck else USES_CAR), model=model, vin=make_vin(r),
        engine_num=eng, register_date=reg, issue_date=iss, plate_num_b=plate,
        record=r.choice(['4401', '4403', '4419', '1101', '3205', '5101']) + rec,
        passengers_num='%d人' % seats, total_quality='%dkg' % total, prepare_quality='%dkg' % pre,
        overall_size='%dx%dx%dmm' % dims,
        # printed but not part of the WeChat answer:
        _load=loadtxt, _traction='--' if r.random() < .8 else '%dkg' % r.randrange(9000, 40000, 5),
        _comment='强制报废期止:%d-%02d-%02d' % (r.randint(2026, 2039), m, r.randint(1, 28)) if r.random() < .5 else '',
        _inspect='检验有效期至%d年%02d月%s%s(%02d)' % (y, m, pc, letter, r.randint(1, 9)),
        _fuel=r.choice(['汽油', '柴油', '电', '混合动力']), _org=prov + (city if city.endswith('市') else '') + '公安局交通警察支队',
        _barcode=''.join(r.choice('0123456789') for _ in range(13)))


MAIN_FIELDS = ['plate_num', 'vehicle_type', 'owner', 'addr', 'use_character', 'model', 'vin',
               'engine_num', 'register_date', 'issue_date']
SUB_FIELDS = ['plate_num_b', 'record', 'passengers_num', 'total_quality', 'prepare_quality', 'overall_size']


# --------------------------------------------------------------- drawing ----
def guilloche(r, base):
    w, h = int(W_MM * S), int(H_MM * S)
    im = Image.new('RGB', (w, h), base)
    d = ImageDraw.Draw(im)
    hues = [(198, 222, 214), (226, 212, 220), (205, 216, 232), (214, 226, 204)]
    xs = np.arange(0, w + 8, 8)
    for k in range(70):
        c = r.choice(hues)
        a, f, p = r.uniform(15, 90), r.uniform(.5, 4) * 2 * math.pi / w, r.uniform(0, 6.28)
        a2, f2 = r.uniform(5, 30), r.uniform(4, 16) * 2 * math.pi / w
        y0 = h * (k / 70.0)
        ys = y0 + a * np.sin(f * xs + p) + a2 * np.sin(f2 * xs + 2 * p)
        d.line(list(zip(xs.tolist(), ys.tolist())), fill=c, width=r.choice([1, 2, 2, 3]))
    for k in range(3):                                     # rosettes
        cx, cy, R = r.uniform(.2, .8) * w, r.uniform(.2, .8) * h, r.uniform(100, 260)
        t = np.linspace(0, 2 * math.pi, 900)
        rr = R * (1 + .3 * np.sin(r.choice([9, 12, 17]) * t) * np.cos(r.choice([5, 7]) * t))
        d.line(list(zip((cx + rr * np.cos(t)).tolist(), (cy + rr * np.sin(t)).tolist())), fill=r.choice(hues), width=2)
    return im


class Card:
    def __init__(self, r, style):
        self.r, self.style, self.moved = r, style, {}
        self.im = guilloche(r, style['paper'])
        self.d = ImageDraw.Draw(self.im)

    def text(self, x, y, s, mm, face, ink, anchor='lm', squeeze=None):
        f = font(face, mm)
        if squeeze:                      # print narrower when it would not fit
            while f.getlength(s) > squeeze * S and mm > 2.2:
                mm -= .1
                f = font(face, mm)
        self.d.text((x * S, y * S), s, font=f, fill=ink, anchor=anchor)
        return f.getlength(s) / S

    def spot(self, x, y):
        """Layout jitter: each place on the form moves a little, the same for label and value."""
        j = self.style.get('jitter', 0)
        if not j:
            return x, y
        key = (round(y), x >= 38)
        if key not in self.moved:
            self.moved[key] = (self.r.gauss(0, j), self.r.gauss(0, j * .6))
        return x + self.moved[key][0], y + self.moved[key][1]

    def label(self, x, y, cn, en=None):
        st = self.style
        x, y = self.spot(x, y)
        x, y = x + st['dx'], y + st['dy']
        self.text(x, y - (.55 if en else 0), cn, 7.5 * PT, st['song'], st['label_ink'])
        if en:
            self.text(x, y + 1.95, en, 5 * PT, st['roman'], st['label_ink'])   # 6 pt Times is this wide

    def value(self, x, y, s, width=None, mm=None):
        st = self.style
        x, y = self.spot(x, y)
        self.text(x + st['dx'] + st['vx'], y + st['dy'] + st['vy'], s, mm or st['value_mm'], st['value'],
                  st['value_ink'], squeeze=width)

    def line(self, x0, y0, x1, y1):
        st = self.style
        self.d.line([((x0 + st['dx']) * S, (y0 + st['dy']) * S), ((x1 + st['dx']) * S, (y1 + st['dy']) * S)],
                    fill=(120, 130, 130), width=max(1, int(.12 * S)))


def make_style(r):
    ink = r.randint(15, 60)
    return dict(paper=r.choice([(240, 244, 240), (243, 240, 244), (236, 242, 246), (245, 244, 238)]),
                song=r.choice(FONTS['song']), hei=r.choice(FONTS['hei']), roman=r.choice(FONTS['roman']),
                value=r.choice(FONTS['value']), label_ink=(40, 42, 44), value_ink=(ink, ink, ink + 5),
                value_mm=r.uniform(9.2, 10.2) * PT, pitch=r.uniform(.985, 1.015),
                dx=r.gauss(0, .35), dy=r.gauss(0, .3),      # sheet print vs. cut
                vx=r.gauss(0, .45), vy=r.gauss(0, .3))      # office printer vs. preprint


def wrap(card, s, width):
    f = font(card.style['value'], card.style['value_mm'])
    if f.getlength(s) <= width * S:
        return [s]
    k = len(s)
    while f.getlength(s[:k]) > width * S * 1.12:
        k -= 1
    k = min(k, len(s) - 1)
    return [s[:k], s[k:]]


def draw_main(r, rec, style):
    c = Card(r, style)
    st = style
    c.text(44 + st['dx'], 5.2 + st['dy'], '中华人民共和国机动车行驶证', 12 * PT, st['hei'], (25, 25, 25), 'mm')
    c.text(44 + st['dx'], 9.4 + st['dy'], "Vehicle License of the People's Republic of China", 7 * PT, st['roman'], (40, 42, 44), 'mm')
    p = 6.6 * st['pitch']
    y = [13.4 + i * p for i in range(7)]
    for i in range(7):
        c.line(4 if i < 4 else 27.5, y[i] + 3.4, 84.5, y[i] + 3.4)
    c.label(4.5, y[0], '号牌号码', 'Plate No.');        c.value(17.5, y[0] + .3, rec['plate_num'])
    c.label(44, y[0], '车辆类型', 'Vehicle Type');      c.value(57.5, y[0] + .3, rec['vehicle_type'], 27)
    c.label(4.5, y[1], '所有人', 'Owner');              c.value(17.5, y[1] + .3, rec['owner'], 66)
    c.label(4.5, y[2], '住址', 'Address')
    lines = wrap(c, rec['addr'], 66)
    if len(lines) == 1:
        c.value(17.5, y[2] + .3, lines[0])
    else:
        c.value(17.5, y[2] - 1.35, lines[0], mm=st['value_mm'] * .86)
        c.value(17.5, y[2] + 1.75, lines[1], mm=st['value_mm'] * .86)
    c.label(4.5, y[3], '使用性质', 'Use Character');    c.value(18.5, y[3] + .3, rec['use_character'], 20)
    c.label(39.5, y[3], '品牌型号', 'Model');           c.value(51.5, y[3] + .3, rec['model'], 34)
    c.label(28, y[4], '车辆识别代号', 'VIN');           c.value(46, y[4] + .3, rec['vin'], 39)
    c.label(28, y[5], '发动机号码', 'Engine No.');      c.value(46, y[5] + .3, rec['engine_num'], 39)
    c.label(28, y[6], '注册日期', 'Register Date');     c.value(40, y[6] + .3, rec['register_date'], 17.5)
    c.label(58, y[6], '发证日期', 'Issue Date');        c.value(70, y[6] + .3, rec['issue_date'], 16.5)
    # the red square stamp of the issuing office, bottom left
    seal = Image.new('RGBA', (20 * S, 20 * S), (0, 0, 0, 0))
    sd = ImageDraw.Draw(seal)
    red = (196, 40, 46, 225)
    sd.rectangle([4, 4, 20 * S - 5, 20 * S - 5], outline=red, width=8)
    org, n = rec['_org'], 5
    rows = [org[i:i + n] for i in range(0, len(org), n)]
    fs = font(st['song'], 3.3)
    for i, row in enumerate(rows):
        sd.text((10 * S, (20 * (i + .5) / len(rows)) * S), row, font=fs, fill=red, anchor='mm')
    seal = seal.rotate(r.gauss(0, 1.2), resample=Image.BICUBIC)
    c.im.paste(seal, (int((5.5 + r.gauss(0, .8)) * S), int((36.5 + r.gauss(0, .8)) * S)), seal)
    c.text(81, 2.2, '样本', 5 * PT, st['song'], (190, 150, 150), 'lm')
    return c.im


def draw_sub(r, rec, style):
    c = Card(r, style)
    st = style
    p = 6.3 * st['pitch']
    y = [5.6 + i * p for i in range(4)]
    for yy in [2.3, y[0] + 3.1, y[1] + 3.1, y[2] + 3.1, y[3] + 3.1, y[3] + 10.5, 51.5]:
        c.line(2, yy, 86, yy)
    for x in (2, 86):
        c.line(x, 2.3, x, 51.5)
    c.line(45, 2.3, 45, y[3] + 3.1)
    rows = [('号牌号码', 'plate_num_b', '档案编号', 'record'), ('核定载人数', 'passengers_num', '总质量', 'total_quality'),
            ('整备质量', 'prepare_quality', '核定载质量', '_load'), ('外廓尺寸', 'overall_size', '准牵引总质量', '_traction')]
    for (la, fa, lb, fb), yy in zip(rows, y):
        c.label(3, yy, la)
        v = rec[fa]
        if fa == 'overall_size':
            v = v.replace('x', st['times'])
        c.value(17.5, yy, v, 27)
        c.label(46, yy, lb)
        c.value(63.5 if len(lb) > 5 else 60, yy, rec[fb], 22 if len(lb) > 5 else 25.5)
    c.label(3, y[3] + 5.6, '备注');      c.value(17.5, y[3] + 5.6, rec['_comment'], 66)
    c.label(3, y[3] + 13.4, '检验记录'); c.value(17.5, y[3] + 13.4, rec['_inspect'], 66)
    c.value(17.5, y[3] + 18.4, rec['_fuel'], 30)
    x = 24.0
    for ch in rec['_barcode']:                              # a plausible barcode
        for b in range(4):
            wdt = r.choice([.16, .16, .32, .48])
            if b % 2 == 0:
                c.d.rectangle([x * S, 53 * S, (x + wdt) * S, 57 * S], fill=(30, 30, 30))
            x += wdt
    c.text(44, 58.6, '*' + rec['_barcode'] + '*', 6 * PT, st['roman'], (40, 40, 40), 'mm')
    c.text(80, 50.3, '样本', 5 * PT, st['song'], (190, 150, 150), 'lm')
    return c.im


# ----------------------------------------------------------- photo model ----
def homography(src, dst):
    a, b = [], []
    for (x, y), (u, v) in zip(src, dst):
        a += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        b += [u, v]
    h = np.linalg.solve(np.array(a, float), np.array(b, float))
    return np.append(h, 1).reshape(3, 3)


def apply_h(h, pts):
    out = []
    for x, y in pts:
        v = h @ np.array([x, y, 1.0])
        out.append((v[0] / v[2], v[1] / v[2]))
    return out


def desk(r, w, h):
    """Something the card lies on: a plain, wooden or cloth-like surface."""
    rs = np.random.RandomState(r.randrange(2 ** 31))
    base = np.array(r.choice([(92, 70, 52), (60, 64, 70), (150, 140, 128), (200, 198, 192), (38, 46, 60), (170, 150, 120)]), float)
    yy, xx = np.mgrid[0:h, 0:w]
    tex = 10 * np.sin(yy / r.uniform(9, 40) + 2.5 * np.sin(xx / r.uniform(150, 500)))
    tex = tex + rs.normal(0, 5, (h, w))
    return Image.fromarray(np.clip(base[None, None, :] + tex[..., None], 0, 255).astype('uint8')).filter(ImageFilter.GaussianBlur(1.2))


LEVELS = dict(
    #          card width   rot  persp  blur        motion noise    jpeg      light glare margin
    clean=dict(cw=(1300, 1700), rot=.4, persp=0., blur=(.3, .6), motion=0, noise=1.5, q=(85, 92), light=.03, glare=0., margin=.03, bright=(.97, 1.03)),
    mild=dict(cw=(1100, 1500), rot=3., persp=.018, blur=(.5, 1.0), motion=0, noise=4., q=(70, 90), light=.18, glare=.1, margin=.08, bright=(.85, 1.05)),
    hard=dict(cw=(850, 1250), rot=8., persp=.05, blur=(.8, 1.5), motion=3, noise=8., q=(40, 70), light=.38, glare=.5, margin=.12, bright=(.65, 1.08)),
)


def photograph(r, cards, layout, level, cw_override=None):
    """cards: list of (name, PIL image).  Returns (PIL image, {name: quad}, quality)."""
    L = LEVELS[level]
    cw = cw_override or r.uniform(*L['cw'])
    if len(cards) == 2 and level != 'hard':
        cw = max(cw * .85, 900)
    k = cw / (W_MM * S)
    w, h = cards[0][1].size
    gap = r.uniform(.02, .06) * w
    scene_w = w if layout != 'side' else 2 * w + gap
    scene_h = h if layout != 'stack' else 2 * h + gap
    quads = {}
    mx, my = L['margin'] * scene_w + 10, L['margin'] * scene_h + 10
    out_w = int((scene_w + 2 * mx) * k * (1 + L['rot'] / 60))
    out_h = int((scene_h + 2 * my) * k * (1 + L['rot'] / 40))
    bg = Image.new('RGB', (out_w, out_h), (250, 250, 250)) if level == 'clean' else desk(r, out_w, out_h)
    rot = math.radians(r.uniform(-L['rot'], L['rot']))
    for i, (name, im) in enumerate(cards):
        ox = 0 if layout != 'side' else i * (w + gap)
        oy = 0 if layout != 'stack' else i * (h + gap)
        own = rot + (math.radians(r.uniform(-1, 1)) * (L['rot'] / 4 if len(cards) > 1 else 0))
        cx, cy = ox + w / 2, oy + h / 2
        pts = []
        for x, y in [(0, 0), (w, 0), (w, h), (0, h)]:
            dx, dy = x - w / 2, y - h / 2
            X = cx + dx * math.cos(own) - dy * math.sin(own)
            Y = cy + dx * math.sin(own) + dy * math.cos(own)
            pts.append((X, Y))
        quads[name] = pts
    # one camera for the whole scene
    sq = [(0, 0), (scene_w, 0), (scene_w, scene_h), (0, scene_h)]
    jit = [(r.uniform(-1, 1) * L['persp'] * scene_w, r.uniform(-1, 1) * L['persp'] * scene_h) for _ in sq]
    dst = [((x - scene_w / 2 + jx) * k + out_w / 2, (y - scene_h / 2 + jy) * k + out_h / 2) for (x, y), (jx, jy) in zip(sq, jit)]
    cam = homography(sq, dst)
    for name, im in cards:
        q = apply_h(cam, quads[name])
        quads[name] = q
        inv = homography(q, [(0, 0), (w, 0), (w, h), (0, h)])
        small = im.filter(ImageFilter.GaussianBlur(.35 / k)) if k < .9 else im
        warped = small.transform((out_w, out_h), Image.PERSPECTIVE, (inv / inv[2, 2]).flatten()[:8].tolist(), Image.BICUBIC)
        mask = Image.new('L', (out_w * 2, out_h * 2), 0)
        ImageDraw.Draw(mask).polygon([(2 * x, 2 * y) for x, y in q], fill=255)
        mask = mask.resize((out_w, out_h), Image.LANCZOS)
        if level != 'clean':                                # soft shadow
            sh = ImageChops.offset(mask, 6, 8).filter(ImageFilter.GaussianBlur(8))
            bg.paste((20, 20, 20), (0, 0), sh.point(lambda v: int(v * .35)))
        bg.paste(warped, (0, 0), mask)
    im = bg
    b = r.uniform(*L['blur'])
    im = im.filter(ImageFilter.GaussianBlur(b))
    arr = np.asarray(im).astype(np.float32)
    if L['motion'] and r.random() < .5:
        n = r.choice([2, 3])
        ax = r.choice([0, 1])
        arr = sum(np.roll(arr, s, axis=ax) for s in range(n)) / n
    hh, ww = arr.shape[:2]
    yy, xx = np.mgrid[0:hh, 0:ww].astype(np.float32)
    th = r.uniform(0, 6.28)
    g = ((xx / ww - .5) * math.cos(th) + (yy / hh - .5) * math.sin(th)) * 2
    light = (1 + L['light'] * r.uniform(.4, 1) * g) * r.uniform(*L['bright'])
    arr *= light[..., None]
    tint = np.array([r.uniform(.95, 1.05) if level != 'clean' else 1 for _ in range(3)], np.float32)
    arr *= tint
    if r.random() < L['glare']:
        gx, gy, gr = r.uniform(.1, .9) * ww, r.uniform(.1, .9) * hh, r.uniform(.06, .18) * ww
        e = np.exp(-(((xx - gx) / gr) ** 2 + ((yy - gy) / (gr * r.uniform(.5, 1.2))) ** 2))
        arr += (r.uniform(40, 90) * e)[..., None]
    rs = np.random.RandomState(r.randrange(2 ** 31))
    arr += rs.normal(0, L['noise'] * r.uniform(.5, 1), arr.shape).astype(np.float32)
    im = Image.fromarray(np.clip(arr, 0, 255).astype('uint8'))
    return im, quads, r.randint(*L['q'])


def make_one(args):
    idx, level, layout, seed, out, cw, jitter = args
    r = random.Random('%s-%s-%s-%d' % (seed, level, layout, idx))
    rec = make_record(r)
    lay = layout if layout != 'mix' else ['main', 'sub', 'stack', 'side'][idx % 4]
    style = make_style(r)
    style['times'] = r.choice('X×x')
    style['jitter'] = jitter
    cards, truth = [], {}
    if lay in ('main', 'stack', 'side'):
        cards.append(('front', draw_main(r, rec, style)))
        truth.update({k: rec[k] for k in MAIN_FIELDS})
    if lay in ('sub', 'stack', 'side'):
        cards.append(('back', draw_sub(r, rec, dict(style, vx=r.gauss(0, .45), vy=r.gauss(0, .3)))))
        truth.update({k: rec[k] for k in SUB_FIELDS})
    im, quads, q = photograph(r, cards, lay, level, cw)
    name = '%s-%s-%03d' % (level, lay, idx)
    im.save(os.path.join(out, name + '.jpg'), quality=q)
    js = dict(level=level, layout=lay, fields=truth, jpeg_quality=q, font=os.path.basename(style['value'][0]),
              img_size=dict(w=im.size[0], h=im.size[1]),
              cards={k: [[round(x, 1), round(y, 1)] for x, y in v] for k, v in quads.items()})
    with open(os.path.join(out, name + '.json'), 'w', encoding='utf-8') as f:
        json.dump(js, f, ensure_ascii=False, indent=1)
    return name


def make_all(count, level, layout, seed, out, card_width=None, jitter=0, jobs=None):
    """Draws `count` pictures into the folder `out` and gives their names."""
    os.makedirs(out, exist_ok=True)
    work = [(i, level, layout, seed, out, card_width, jitter) for i in range(count)]
    with Pool(jobs) as p:
        return list(p.imap_unordered(make_one, work))


def main():
    ap = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    ap.add_argument('--level', choices=list(LEVELS), default='clean')
    ap.add_argument('--layout', choices=['main', 'sub', 'stack', 'side', 'mix'], default='mix')
    ap.add_argument('-n', type=int, default=10)
    ap.add_argument('--seed', default='1')
    ap.add_argument('--card-width', type=float, default=None, help='card width in pixels (default: by level)')
    ap.add_argument('--jitter', type=float, default=0, help='move each place of the form by this many mm (sigma)')
    ap.add_argument('--out', default='out')
    ap.add_argument('--jobs', type=int, default=os.cpu_count())
    a = ap.parse_args()
    for name in make_all(a.n, a.level, a.layout, a.seed, a.out, a.card_width, a.jitter, a.jobs):
        print(name)


if __name__ == '__main__':
    main()
