// Stock clients of one account, mini program or official account, with the gateway as their WeChat: the merchant's appid, an
// API key as the secret, and another base URL.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';

import { Installation } from './installation.mjs';
import { CoWechatApi, easywechat, formstream } from './packages.mjs';
import { expectNoScan, expectOneScan, kDrivingPath, kSampleFile, kSampleUrl, scriptAnswer } from './scans.mjs';

const installation = await Installation.whole();
await scriptAnswer(installation);
const mini_program = await installation.onboard({ kind: 'mini_program', verified: true, sets: [117] });
const service_account = await installation.onboard({ kind: 'service', verified: true, sets: [117] });

/** What its application is told; each has a folder of its own for the tokens that it keeps. */
function configOf({ appid, key }, { base_url = installation.public_url, ...more } = {}) {
    const tokens = fs.mkdtempSync(path.join(installation.folder, 'tokens-'));
    return { app_id: appid, secret: key, http: { baseURL: `${base_url}/` }, file_cache: { path: tokens }, ...more };
}
const miniProgram = (more) => new easywechat.MiniApp(configOf(mini_program, more));
const officialAccount = (more) => new easywechat.OfficialAccount(configOf(service_account, more));

/** Its calls of the OCR, in every way that node-easywechat has to say it. */
const ways = {
    'a file, as part img': (client) => client.withFile(kSampleFile, 'img').post('cv/ocr/driving'),
    'a file, as part file': (client) => client.withFile(kSampleFile).post('cv/ocr/driving'),
    'bytes in formData, without a file name': (client) => client.post('cv/ocr/driving',
        { formData: { img: fs.readFileSync(kSampleFile) } }),
    'a stream in formData': (client) => client.post('/cv/ocr/driving',
        { formData: { img: fs.createReadStream(kSampleFile) } }),
    'img_url in the query': (client) => client.post('cv/ocr/driving', { params: { img_url: kSampleUrl } }),
    'img_url by GET': (client) => client.get('cv/ocr/driving', { params: { type: 'photo', img_url: kSampleUrl } }),
    'img_url in JSON': (client) => client.postJson('cv/ocr/driving', { img_url: kSampleUrl }),
    'img_url in a form': (client) => client.with('img_url', kSampleUrl).post('cv/ocr/driving',
        { headers: { 'Content-Type': 'application/x-www-form-urlencoded' } }),
};

for (const [mode, merchant, application] of [
    ['mini program', mini_program, miniProgram()],
    ['mini program by stable token', mini_program, miniProgram({ use_stable_access_token: true })],
    ['mini program over TLS', mini_program, miniProgram({ base_url: installation.public_tls_url })],
    ['official account', service_account, officialAccount()],
    ['official account by stable token', service_account, officialAccount({ use_stable_access_token: true })],
]) {
    for (const [way, scan] of Object.entries(ways)) {
        installation.test(`node-easywechat, ${mode}: ${way}`, () => expectOneScan(installation, merchant,
            async () => (await scan(application.getClient())).toObject()));
    }
}

installation.test('node-easywechat keeps its token, and a scan by it ends with its key', async () => {
    const merchant = await installation.onboard();
    const application = new easywechat.MiniApp(configOf(merchant));
    const scan = async () => (await ways['a file, as part img'](application.getClient())).toObject();
    const token = await application.getAccessToken().getToken();
    await expectOneScan(installation, merchant, scan);
    assert.equal(await application.getAccessToken().getToken(), token);

    await installation.admin('POST', `/merchants/${merchant.id}/keys/${merchant.key_id}:revoke`);

    await expectNoScan(installation, merchant, async () => {
        assert.equal((await scan()).errcode, 40001);
        await assert.rejects(application.getAccessToken().refresh(), /"errcode":40125/);
    });
});

installation.test('node-easywechat with an appid that is not the key\'s is told so', async () => {
    const application = new easywechat.MiniApp(configOf({ ...mini_program, appid: service_account.appid }));
    await expectNoScan(installation, mini_program,
        () => assert.rejects(ways['a file, as part img'](application.getClient()), /"errcode":40013/));
});

/** co-wechat-api has no OCR: this is its own way to add calls, put together as its own ones are. */
CoWechatApi.mixin({
    async scanDriving(file) {
        const { accessToken } = await this.ensureAccessToken();
        const form = formstream();
        form.file('media', file, path.basename(file), fs.statSync(file).size);
        const url = `${this.cvPrefix}ocr/driving?access_token=${accessToken}`;
        return this.request(url, { method: 'POST', headers: form.headers(), data: form });
    },
    async scanDrivingUrl(picture_url) {
        const { accessToken } = await this.ensureAccessToken();
        const img_url = encodeURIComponent(picture_url);
        return this.request(`${this.cvPrefix}ocr/driving?access_token=${accessToken}&img_url=${img_url}`, { method: 'POST' });
    },
});
function coWechatApi({ appid, key }) {
    const api = new CoWechatApi(appid, key);
    api.prefix = `${installation.public_url}/cgi-bin/`;
    api.cvPrefix = `${installation.public_url}/cv/`;
    return api;
}

installation.test('co-wechat-api: a file, as part media', () => expectOneScan(installation, service_account,
    () => coWechatApi(service_account).scanDriving(kSampleFile)));

installation.test('co-wechat-api: a dead token is replaced after 40001, and that is one scan', async () => {
    const api = coWechatApi(service_account);
    await api.saveToken({ accessToken: 'tgt_1.dead', expireTime: Date.now() + 60_000 });
    await expectOneScan(installation, service_account, () => api.scanDrivingUrl(kSampleUrl));
});

installation.test('co-wechat-api: a revoked key ends in an error and not in a circle of token calls', async () => {
    const merchant = await installation.onboard();
    const api = coWechatApi(merchant);
    await expectOneScan(installation, merchant, () => api.scanDriving(kSampleFile));

    await installation.admin('POST', `/merchants/${merchant.id}/keys/${merchant.key_id}:revoke`);

    // It asks for another token at every 40001, at one from the token call too: 40125 is what it stops at.
    await expectNoScan(installation, merchant, () => assert.rejects(api.scanDriving(kSampleFile), { code: 40125 }));
});

installation.test('what WeChat says of a picture reaches both clients', async () => {
    await installation.control('POST', '/faults', { path: kDrivingPath, errcode: 101001, count: 2 });
    assert.equal((await ways['a file, as part img'](miniProgram().getClient())).toObject().errcode, 101001);
    await assert.rejects(coWechatApi(service_account).scanDriving(kSampleFile), { code: 101001 });
});
