// node-easywechat's Encryptor in WeChat's place: what it seals, the gateway opens; what was altered on the way, it refuses.
// The platform pushes to node, which opens each push, seals it again under a nonce of its own and hands it on.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';

import { serveEvents } from './events_url.mjs';
import { component, Installation } from './installation.mjs';
import { easywechat } from './packages.mjs';
import { expectNoScan, expectOneScan, kDrivingPath, kSampleUrl, scriptAnswer } from './scans.mjs';

function encryptorWith(config) {
    return new easywechat.OpenPlatform({
        app_id: component.appid,
        secret: component.secret,
        token: component.push_token,
        aes_key: component.encoding_aes_key,
        ...config,
    }).getEncryptor();
}
const encryptor = encryptorWith({});

const installation = await Installation.withoutPushes();
await scriptAnswer(installation);

const relayed = []; // what each push said
const events_url = await serveEvents(async (request) => {
    const { msg_signature, timestamp, nonce } = request.getQueryParams();
    const { Encrypt } = await request.getParsedBody();
    relayed.push(encryptor.decrypt(Encrypt, msg_signature, nonce, timestamp));
    const { status, text } = await push(seal(relayed.at(-1)));
    assert.equal(status, 200);
    return text;
});
const infoTypes = () => relayed.map((message) => /<InfoType>(?:<!\[CDATA\[)?(\w+)/.exec(message)[1]);

/** The push's query and body, as WeChat sends them. */
function seal(message, sealer = encryptor) {
    const sealed = sealer.encrypt(message, crypto.randomBytes(8).toString('hex'));
    const field = (name) => new RegExp(`<${name}>(?:<!\\[CDATA\\[)?([^\\]<]+)`).exec(sealed)[1];
    return {
        encrypt_type: 'aes',
        msg_signature: field('MsgSignature'),
        timestamp: field('TimeStamp'),
        nonce: field('Nonce'),
        encrypted: field('Encrypt'),
    };
}
async function push({ encrypted, ...query }) {
    const answer = await fetch(`${installation.public_url}/wechat/events?${new URLSearchParams(query)}`, {
        method: 'POST',
        headers: { 'Content-Type': 'text/xml' },
        body: `<xml><AppId><![CDATA[${component.appid}]]></AppId><Encrypt><![CDATA[${encrypted}]]></Encrypt></xml>`,
    });
    return { status: answer.status, text: await answer.text() };
}
/** The same text with one character in the middle replaced by another of its kind. */
function altered(text) {
    const at = text.length >> 1;
    return text.slice(0, at) + (text[at] === '1' ? '2' : '1') + text.slice(at + 1);
}
function withdrawal({ appid }) {
    return `<xml><AppId>${component.appid}</AppId><CreateTime>${Math.floor(Date.now() / 1000) + 60}</CreateTime>`
        + `<InfoType>unauthorized</InfoType><AuthorizerAppid>${appid}</AuthorizerAppid></xml>`;
}
async function scan({ key }) {
    const query = new URLSearchParams({ access_token: key, img_url: kSampleUrl });
    return (await fetch(`${installation.public_url}${kDrivingPath}?${query}`)).json();
}
const expectRefusal = (merchant, errcode) => expectNoScan(installation, merchant,
    async () => assert.equal((await scan(merchant)).errcode, errcode));

let merchant;

installation.test('ticket: the gateway can call the platform as soon as it has one', async () => {
    const { id } = await installation.admin('POST', '/merchants', { name: 'Before the ticket' });
    await assert.rejects(installation.admin('POST', `/merchants/${id}/authorization-links`));

    await installation.pushTo(events_url);

    assert.deepEqual(infoTypes(), ['component_verify_ticket']);
    await installation.admin('POST', `/merchants/${id}/authorization-links`);
});

installation.test('authorized: the merchant becomes active and scans', async () => {
    merchant = await installation.createMerchant({ kind: 'mini_program', verified: true, sets: [17, 117] });
    const { id, key } = await installation.createKey(merchant);
    merchant = { ...merchant, key, key_id: id };
    await expectRefusal(merchant, 61003);

    await installation.consent(merchant);

    assert.equal(infoTypes().at(-1), 'authorized');
    await installation.becomes('active', merchant);
    await expectOneScan(installation, merchant, () => scan(merchant));
});

installation.test('updateauthorized: the merchant has the sets that it has now', async () => {
    await installation.control('PATCH', `/authorizers/${merchant.appid}`, { sets: [17] });

    assert.equal(infoTypes().at(-1), 'updateauthorized');
    await installation.becomes('restricted', merchant);
    assert.deepEqual((await installation.admin('GET', `/merchants/${merchant.id}`)).granted_sets, [17]);
    await expectRefusal(merchant, 61007);

    await installation.control('PATCH', `/authorizers/${merchant.appid}`, { sets: [17, 117] });
    await installation.becomes('active', merchant);
});

installation.test('one altered character anywhere: refused like any other, without effect', async () => {
    const sealed = seal(withdrawal(merchant));
    const answers = [];
    for (const field of ['msg_signature', 'timestamp', 'nonce', 'encrypted']) {
        answers.push(await push({ ...sealed, [field]: altered(sealed[field]) }));
    }
    answers.push(await push({ ...sealed, msg_signature: '' }));

    assert.notEqual(answers[0].status, 200);
    assert.notEqual(answers[0].text, 'success');
    for (const answer of answers) assert.deepEqual(answer, answers[0]);
    await expectOneScan(installation, merchant, () => scan(merchant));
});

installation.test('sealed for another component, or under its keys: refused without effect', async () => {
    for (const config of [{ app_id: 'wx1111111111111111' }, { token: 'another' }, { aes_key: 'Z'.repeat(43) }]) {
        const answer = await push(seal(withdrawal(merchant), encryptorWith(config)));
        assert.notEqual(answer.text, 'success', JSON.stringify(config));
    }
    await expectOneScan(installation, merchant, () => scan(merchant));
});

installation.test('unauthorized: the merchant cannot scan any more', async () => {
    await installation.control('POST', `/authorizers/${merchant.appid}:withdraw`);

    assert.equal(infoTypes().at(-1), 'unauthorized');
    await installation.becomes('unauthorized', merchant);
    await expectRefusal(merchant, 61003);
});
