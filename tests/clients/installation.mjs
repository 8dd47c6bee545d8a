import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test as nodeTest } from 'node:test';

import { preparedFolder, programFolder, sourceFolder } from './packages.mjs';
import { eventually, runToEnd, Server } from './process.mjs';

/** The third-party platform's account, as in WeChat's console. */
export const component = {
    appid: 'wx5c0ffee5c0ffee01',
    secret: 'planted5component5secret5e0b5c1d',
    push_token: 'planted7push7token7a94',
    encoding_aes_key: 'plantedAesKeyAbcdefghijklmnopqrstuvwxyz0123',
};

/**
 * The gateway and the emulated platform as real processes in a folder of their own, on ports of the system's choice, until
 * the last test of the file has run.
 */
export class Installation {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgate-clients-'));

    /** The platform alone, which pushes to nobody until `pushTo`. */
    static async platformOnly() {
        const installation = new Installation();
        after(() => installation.stop());
        await installation.startPlatform();
        return installation;
    }
    /** Both, but the platform pushes to nobody until `pushTo`. */
    static async withoutPushes() {
        const installation = await Installation.platformOnly();
        await installation.startGateway();
        return installation;
    }
    /** Both; the gateway has its first ticket. */
    static async whole() {
        const installation = await Installation.withoutPushes();
        await installation.pushTo(`${installation.public_url}/wechat/events`);
        return installation;
    }

    /** Declares a test; where it fails, the servers' logs are shown. */
    test(claim, body) {
        nodeTest(claim, { timeout: 120_000 }, async () => {
            try {
                await body();
            } catch (fault) {
                for (const server of [this.gateway, this.platform]) console.error(server?.log_file, server?.log());
                throw fault;
            }
        });
    }

    async startPlatform() {
        const config = this.writeSettings('sandbox.properties', this.platformSettings());
        this.platform = new Server(path.join(programFolder, 'tollgate-sandbox'), ['--config', config],
            this.file('sandbox-ready.json'), this.file('sandbox.log'));
        const ready = await this.platform.start();
        this.platform_port = ready.platform_port;
        this.platform_url = `https://127.0.0.1:${ready.platform_port}`;
        this.control_url = `http://127.0.0.1:${ready.control_port}`;
    }
    async startGateway() {
        const config = this.writeSettings('tollgate.properties', this.gatewaySettings());
        const program = path.join(programFolder, 'tollgate');
        const command = async (...words) => {
            const finished = await runToEnd(program, [...words, '--config', config]);
            assert.equal(finished.exit_code, 0, finished.stderr);
            return finished.stdout.trim();
        };
        await command('secrets', 'init');
        this.admin_token = await command('admin-token', 'create', '--label', 'clients');
        this.gateway = new Server(program, ['serve', '--config', config],
            this.file('gateway-ready.json'), this.file('gateway.log'));
        const ready = await this.gateway.start();
        this.public_url = `http://127.0.0.1:${ready.public_port}`;
        this.public_tls_url = `https://127.0.0.1:${ready.public_tls_port}`;
        this.admin_url = `http://127.0.0.1:${ready.admin_port}`;
    }
    async stop() {
        try {
            await this.gateway?.stop();
        } finally {
            await this.platform?.stop();
        }
        fs.rmSync(this.folder, { recursive: true, force: true });
    }

    file(name) {
        return path.join(this.folder, name);
    }
    componentSettings() {
        return Object.fromEntries(Object.entries(component).map(([name, value]) => [`component.${name}`, value]));
    }
    platformSettings() {
        return {
            ...this.componentSettings(),
            'listen.platform_port': 0,
            'listen.control_port': 0,
            'tls.certificate_file': path.join(preparedFolder, 'certificates/server.pem'),
            'tls.key_file': path.join(preparedFolder, 'certificates/server.key'),
            'data_dir': this.file('platform'),
            'recogniser.workers': 1,
            'samples_dir': path.join(sourceFolder, 'docs/samples'),
            'ready_file': this.file('sandbox-ready.json'),
        };
    }
    gatewaySettings() {
        return {
            ...this.componentSettings(),
            'public.port': 0,
            'public.tls_port': 0,
            'public.tls_certificate_file': path.join(preparedFolder, 'certificates/server.pem'),
            'public.tls_key_file': path.join(preparedFolder, 'certificates/server.key'),
            'admin.port': 0,
            'ready_file': this.file('gateway-ready.json'),
            'store.database_file': this.file('tollgate.sqlite'),
            'store.key_ring_file': this.file('key-ring'),
            'component.pc_link_base': this.platform_url,
            'component.h5_link_base': this.platform_url,
            'upstream.host': 'api.weixin.qq.com',
            'upstream.address': '127.0.0.1',
            'upstream.port': this.platform_port,
            'upstream.ca_file': path.join(preparedFolder, 'certificates/ca.pem'),
        };
    }
    writeSettings(name, settings) {
        const file = this.file(name);
        const lines = Object.entries(settings).map(([key, value]) => `${key} = ${value}\n`);
        fs.writeFileSync(file, lines.join(''), { mode: 0o600 });
        return file;
    }

    /** The platform's control API. */
    control(method, route, body) {
        return callJson(method, this.control_url + route, body ?? (method === 'POST' ? {} : undefined));
    }
    /** The gateway's admin API. */
    admin(method, route, body) {
        return callJson(method, `${this.admin_url}/admin/v1${route}`, body ?? (method === 'POST' ? {} : undefined),
            { Authorization: `Bearer ${this.admin_token}` });
    }

    /** Types an events URL into the platform's console, which pushes a ticket there at once. */
    async pushTo(events_url) {
        const told = await this.control('PATCH', '/component', { events_url });
        assert.equal(told.event, 'delivered');
    }

    /** A merchant with a link that its account has not followed yet. */
    async createMerchant(account = { kind: 'mini_program', verified: true, sets: [117] }) {
        const { id } = await this.admin('POST', '/merchants', { name: 'Client' });
        const { appid } = await this.control('POST', '/authorizers', account);
        const { pc_url } = await this.admin('POST', `/merchants/${id}/authorization-links`);
        return { id, appid, link: pc_url };
    }
    consent({ appid, link }) {
        return this.control('POST', `/authorizers/${appid}:consent`, { link });
    }
    becomes(state, { id }) {
        return eventually(`the merchant is ${state}`,
            async () => (await this.admin('GET', `/merchants/${id}`)).state === state);
    }
    createKey({ id }) {
        return this.admin('POST', `/merchants/${id}/keys`, { label: 'client' });
    }
    /** A merchant that went through the authorization flow and has a key. */
    async onboard(account) {
        const merchant = await this.createMerchant(account);
        await this.consent(merchant);
        await this.becomes('active', merchant);
        const { id, key } = await this.createKey(merchant);
        return { ...merchant, key, key_id: id };
    }
}

async function callJson(method, url, body, headers = {}) {
    const answer = await fetch(url, {
        method,
        headers: body ? { ...headers, 'Content-Type': 'application/json' } : headers,
        body: body && JSON.stringify(body),
    });
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${url}: ${answer.status} ${text}`);
    return JSON.parse(text);
}
