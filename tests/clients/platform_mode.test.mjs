// node-easywechat as a third-party platform, with the sandbox as its WeChat: what a stock client takes for WeChat, the
// gateway is tested against.
import assert from 'node:assert/strict';

import { serveEvents } from './events_url.mjs';
import { component, Installation } from './installation.mjs';
import { easywechat } from './packages.mjs';
import { kAnswer, kSampleFile, scriptAnswer } from './scans.mjs';

const installation = await Installation.platformOnly();
await scriptAnswer(installation);

/** A new one for each push: an application's server keeps the handlers, and with them the query, of all pushes before. */
function newPlatform() {
    return new easywechat.OpenPlatform({
        app_id: component.appid,
        secret: component.secret,
        token: component.push_token,
        aes_key: component.encoding_aes_key,
        http: { baseURL: `${installation.platform_url}/` },
        file_cache: { path: installation.folder },
    });
}
const platform = newPlatform();

const received = [];
const events_url = await serveEvents(async (request) => {
    const server = newPlatform().setRequest(request).getServer();
    server.with((message, next) => {
        received.push(message);
        return next(message);
    });
    return (await server.serve()).getBody();
});
const account = await installation.control('POST', '/authorizers',
    { kind: 'mini_program', verified: true, sets: [17, 117] });
let authorization;

installation.test('its server opens the ticket that is pushed, and the platform takes its answer', async () => {
    await installation.pushTo(events_url);

    assert.deepEqual(received.map((message) => message.InfoType), ['component_verify_ticket']);
    assert.equal(await platform.getVerifyTicket().getTicket(), received[0].ComponentVerifyTicket);
});

installation.test('the ticket gives a component token, and that a link to which a merchant consents', async () => {
    const link = await platform.createPreAuthorizationUrl('https://provider.tollgate.test/landing?state=of-ours');
    const consent = await installation.control('POST', `/authorizers/${account.appid}:consent`, { link });

    assert.equal(consent.event, 'delivered');
    const event = received.at(-1);
    assert.deepEqual([event.InfoType, event.AuthorizerAppid], ['authorized', account.appid]);
    const redirect = new URL(consent.redirect);
    assert.equal(redirect.searchParams.get('state'), 'of-ours');
    for (const code of [event.AuthorizationCode, redirect.searchParams.get('auth_code')]) {
        authorization = await platform.getAuthorization(code);
        assert.equal(authorization.getAppId(), account.appid);
        assert.ok(await authorization.getAccessToken().getToken());
    }
    const sets = authorization.toObject().authorization_info.func_info.map((info) => info.funcscope_category.id);
    assert.deepEqual(sets, [17, 117]);
});

installation.test('the refresh token gives access tokens, one after the other', async () => {
    const refresh_token = authorization.getRefreshToken();
    const first = await platform.refreshAuthorizerToken(account.appid, refresh_token);
    const second = await platform.refreshAuthorizerToken(account.appid, refresh_token);

    assert.notEqual(first.authorizer_access_token, second.authorizer_access_token);
    assert.equal(second.authorizer_refresh_token, refresh_token);
    await assert.rejects(platform.refreshAuthorizerToken(account.appid, 'refreshtoken@@@forged'), /"errcode":61023/);
});

installation.test('info and list tell of the account', async () => {
    const client = platform.getClient();
    const of_component = { component_appid: component.appid };
    const info = (await client.postJson('cgi-bin/component/api_get_authorizer_info',
        { ...of_component, authorizer_appid: account.appid })).toObject();
    const list = (await client.postJson('cgi-bin/component/api_get_authorizer_list',
        { ...of_component, offset: 0, count: 500 })).toObject();

    assert.ok(info.authorizer_info.MiniProgramInfo);
    assert.equal(info.authorization_info.authorizer_appid, account.appid);
    assert.equal(list.total_count, 1);
    assert.deepEqual([list.list[0].authorizer_appid, list.list[0].refresh_token],
        [account.appid, authorization.getRefreshToken()]);
});

installation.test('a call on behalf of the account reads a licence, until the account withdraws', async () => {
    const mini_program = await platform.getMiniAppWithRefreshToken(account.appid, authorization.getRefreshToken());
    const scan = () => mini_program.getClient().withFile(kSampleFile, 'img').post('cv/ocr/driving');

    assert.deepEqual((await scan()).toObject(), kAnswer);

    await installation.control('POST', `/authorizers/${account.appid}:withdraw`);
    assert.deepEqual([received.at(-1).InfoType, received.at(-1).AuthorizerAppid], ['unauthorized', account.appid]);
    assert.equal((await scan()).toObject().errcode, 61003);
});
