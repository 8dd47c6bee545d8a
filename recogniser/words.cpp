#include "recogniser/words.h"

#include <array>
#include <string>
#include <vector>

namespace recogniser {
namespace {

constexpr std::array<std::u32string_view, 4> kBusSizes = {U"大型", U"中型", U"小型", U"微型"};
constexpr std::array<std::u32string_view, 10> kBusKinds = {U"普通客车", U"双层客车", U"卧铺客车", U"铰接客车",
                                                           U"越野客车", U"轿车",     U"专用客车", U"专用校车",
                                                           U"面包车",   U"旅居车"};
constexpr std::array<std::u32string_view, 4> kTruckSizes = {U"重型", U"中型", U"轻型", U"微型"};
constexpr std::array<std::u32string_view, 13> kTruckKinds = {
    U"普通货车",     U"厢式货车",   U"封闭货车",   U"罐式货车",   U"平板货车",       U"集装箱车",        U"自卸货车",
    U"特殊结构货车", U"仓栅式货车", U"半挂牵引车", U"全挂牵引车", U"载货专项作业车", U"非载货专项作业车"};
constexpr std::array<std::u32string_view, 6> kOtherTypes = {U"普通二轮摩托车",   U"轻便二轮摩托车", U"普通正三轮摩托车",
                                                            U"轻便正三轮摩托车", U"三轮汽车",       U"低速货车"};

constexpr std::array<std::u32string_view, 22> kUses = {
    U"非营运",     U"公路客运",   U"公交客运",   U"出租客运", U"旅游客运", U"预约出租客运", U"租赁",         U"教练",
    U"幼儿校车",   U"小学生校车", U"初中生校车", U"其他校车", U"营转非",   U"出租转非",     U"预约出租转非", U"货运",
    U"危化品运输", U"警用",       U"消防",       U"救护",     U"工程救险", U"危险货物运输"};

constexpr std::array<std::u32string_view, 52> kBrands = {
    U"大众汽车牌", U"东风日产牌",      U"江淮牌",   U"五菱牌",     U"比亚迪牌",   U"别克牌",   U"丰田牌",
    U"长安牌",     U"解放牌",          U"东风牌",   U"福田牌",     U"本田牌",     U"哈弗牌",   U"吉利美日牌",
    U"北京现代牌", U"奇瑞牌",          U"特斯拉牌", U"宇通牌",     U"重汽豪沃牌", U"宝马牌",   U"奥迪牌",
    U"奔驰牌",     U"梅赛德斯-奔驰牌", U"雪佛兰牌", U"凯迪拉克牌", U"福特牌",     U"马自达牌", U"雷克萨斯牌",
    U"沃尔沃牌",   U"红旗牌",          U"荣威牌",   U"名爵牌",     U"传祺牌",     U"长城牌",   U"吉利牌",
    U"领克牌",     U"蔚来牌",          U"小鹏牌",   U"理想牌",     U"起亚牌",     U"标致牌",   U"雪铁龙牌",
    U"斯柯达牌",   U"铃木牌",          U"三菱牌",   U"日产牌",     U"江铃牌",     U"陕汽牌",   U"欧曼牌",
    U"金龙牌",     U"海格牌",          U"中通牌"};

/// Every size with every kind, then the types that come in one size. The words live as long as the process.
const std::vector<std::u32string>& typeWords() {
    static const std::vector<std::u32string> words = [] {
        std::vector<std::u32string> all;
        const auto combine = [&all](std::span<const std::u32string_view> sizes,
                                    std::span<const std::u32string_view> kinds) {
            for (const auto size : sizes) {
                for (const auto kind : kinds) all.push_back(std::u32string{size} + std::u32string{kind});
            }
        };
        combine(kBusSizes, kBusKinds);
        combine(kTruckSizes, kTruckKinds);
        all.insert(all.end(), kOtherTypes.begin(), kOtherTypes.end());
        return all;
    }();
    return words;
}

}  // namespace

std::span<const std::u32string_view> vehicleTypes() {
    static const std::vector<std::u32string_view> views{typeWords().begin(), typeWords().end()};
    return views;
}

std::span<const std::u32string_view> useCharacters() {
    return kUses;
}

std::span<const std::u32string_view> brands() {
    return kBrands;
}

}  // namespace recogniser
