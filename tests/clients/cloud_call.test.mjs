// The cloud-call form, with an API key and with a gateway token: same scan, camelCase answer; both end with the key.
import assert from 'node:assert/strict';
import fs from 'node:fs';

import { Installation } from './installation.mjs';
import { expectNoScan, expectOneScan, kCloudAnswer, kDrivingPath, kSampleFile, kSampleUrl, scriptAnswer } from './scans.mjs';

const installation = await Installation.whole();
await scriptAnswer(installation);
const merchant = await installation.onboard();

const by_url = { type: 'photo', imgUrl: kSampleUrl };
const by_bytes = { img: { contentType: 'image/jpeg', value: fs.readFileSync(kSampleFile).toString('base64') } };

async function postJson(path, body, headers = {}) {
    const answer = await fetch(installation.public_url + path, {
        method: 'POST',
        headers: { ...headers, 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
    });
    assert.equal(answer.status, 200);
    return answer.json();
}
function fetchToken({ appid, key }) {
    return postJson('/cgi-bin/stable_token', { grant_type: 'client_credential', appid, secret: key });
}
const { access_token, expires_in } = await fetchToken(merchant);
assert.ok(expires_in > 0 && expires_in <= 7200);

for (const path of ['/openapi/ocr.vehicleLicense', '/openapi/ocr.drivingLicense']) {
    for (const [credential, text] of [['API key', merchant.key], ['gateway token', access_token]]) {
        for (const [form, body] of [['imgUrl', by_url], ['img', by_bytes]]) {
            installation.test(`${path} by ${credential}: ${form}`, () => expectOneScan(installation, merchant,
                () => postJson(`${path}?access_token=${text}`, body), kCloudAnswer));
        }
        installation.test(`${path} by ${credential} as bearer`, () => expectOneScan(installation, merchant,
            () => postJson(path, by_url, { Authorization: `Bearer ${text}` }), kCloudAnswer));
    }
}

installation.test('a revoked key and its tokens are dead at once, in every form; another key is not', async () => {
    const doomed = await installation.createKey(merchant);
    const tokens = [doomed.key, (await fetchToken({ ...merchant, key: doomed.key })).access_token];
    for (const token of tokens) {
        await expectOneScan(installation, { ...merchant, key_id: doomed.id },
            () => postJson(`/openapi/ocr.vehicleLicense?access_token=${token}`, by_url), kCloudAnswer);
    }

    await installation.admin('POST', `/merchants/${merchant.id}/keys/${doomed.id}:revoke`);

    await expectNoScan(installation, merchant, async () => {
        for (const token of tokens) {
            const by_cloud = await postJson(`/openapi/ocr.vehicleLicense?access_token=${token}`, by_url);
            const by_drop_in = await postJson(`${kDrivingPath}?access_token=${token}`, { img_url: kSampleUrl });
            assert.equal(by_cloud.errCode, 40001);
            assert.equal(by_drop_in.errcode, 40001);
        }
        assert.equal((await fetchToken({ ...merchant, key: doomed.key })).errcode, 40125);
    });
    await expectOneScan(installation, merchant,
        () => postJson(`/openapi/ocr.vehicleLicense?access_token=${access_token}`, by_url), kCloudAnswer);
});
