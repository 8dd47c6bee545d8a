import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

import { sourceFolder } from './packages.mjs';

export const kDrivingPath = '/cv/ocr/driving';
export const kSampleUrl = 'https://samples.tollgate.test/sample-1.jpg';
export const kSampleFile = path.join(sourceFolder, 'docs/samples/sample-1.jpg');
const sampleSha256 = crypto.createHash('sha256').update(fs.readFileSync(kSampleFile)).digest('hex');

/** What the platform is told to read in every picture: reading is not what these tests are about. */
export const kAnswer = {
    errcode: 0,
    errmsg: 'ok',
    plate_num: '京C00001',
    vehicle_type: '小型轿车',
    plate_num_b: '京C00001',
    card_position_front: { pos: { left_top: { x: 1, y: 2 }, right_bottom: { x: 3, y: 4 } } },
    img_size: { w: 1600, h: 1067 },
};
export const kCloudAnswer = {
    errCode: 0,
    errMsg: 'ok',
    plateNum: '京C00001',
    vehicleType: '小型轿车',
    plateNumB: '京C00001',
    cardPositionFront: { pos: { leftTop: { x: 1, y: 2 }, rightBottom: { x: 3, y: 4 } } },
    imgSize: { w: 1600, h: 1067 },
};

export function scriptAnswer(installation) {
    return installation.control('POST', '/answers', { path: kDrivingPath, body: kAnswer });
}

async function platformCalls(installation) {
    return (await installation.control('GET', `/calls?path=${encodeURIComponent(kDrivingPath)}`)).calls;
}
async function ledgerEntries(installation, merchant) {
    const page = await installation.admin('GET', `/merchants/${merchant.id}/usage-entries?page_size=500`);
    assert.equal(page.next_page_token, '');
    return page.usage_entries;
}

/**
 * `call` is one scan of the sample and gives its answer, parsed. Whoever sends it in whatever form: the platform is called
 * once, with the sample's bytes and for this merchant, and the ledger has one line more, which is the same for all forms.
 */
export async function expectOneScan(installation, merchant, call, expected_answer = kAnswer) {
    const calls_before = (await platformCalls(installation)).length;
    const entries_before = (await ledgerEntries(installation, merchant)).length;

    const answer = await call();

    assert.deepEqual(plain(answer), expected_answer);
    const calls = (await platformCalls(installation)).slice(calls_before);
    assert.deepEqual(calls.map(({ appid, picture_sha256 }) => ({ appid, picture_sha256 })),
        [{ appid: merchant.appid, picture_sha256: sampleSha256 }]);
    const entries = await ledgerEntries(installation, merchant);
    assert.equal(entries.length, entries_before + 1);
    // Everything but what must differ: whose it is, when, and the chain's hash of it.
    const { id, number, request_id, x_request_id, at, recorded_at, period, hash, ...entry } = entries[0];
    assert.deepEqual(entry, {
        kind: 'charge', units: 1, key_id: merchant.key_id, outcome: 'billed', plan_version: null, pack: null, corrects: null,
        price_micro_yuan: null, reason: '',
    });
    assert.match(hash, /^[0-9a-f]{64}$/);
    const { windows } = await installation.admin('GET', `/merchants/${merchant.id}/quota`);
    for (const window of windows) {
        assert.deepEqual([window.used, window.held], [entries.length, 0], window.policy);
    }
}

/** `call` is refused: it costs nothing, and the platform hears nothing of it. */
export async function expectNoScan(installation, merchant, call) {
    const calls_before = (await platformCalls(installation)).length;
    const entries_before = (await ledgerEntries(installation, merchant)).length;
    await call();
    assert.equal((await platformCalls(installation)).length, calls_before);
    assert.equal((await ledgerEntries(installation, merchant)).length, entries_before);
}

/** Parsers differ in the prototypes of what they make. */
function plain(value) {
    return JSON.parse(JSON.stringify(value));
}
