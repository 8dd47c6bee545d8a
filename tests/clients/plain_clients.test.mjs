// Clients that know nothing of WeChat, curl and fetch, in every form of WeChat's own example and of those that stock clients
// make of it.
import assert from 'node:assert/strict';
import fs from 'node:fs';

import { Installation } from './installation.mjs';
import { runToEnd } from './process.mjs';
import { expectOneScan, kDrivingPath, kSampleFile, kSampleUrl, scriptAnswer } from './scans.mjs';

const installation = await Installation.whole();
await scriptAnswer(installation);
const merchant = await installation.onboard();

const route = installation.public_url + kDrivingPath;
const driving = `${route}?access_token=${merchant.key}`;
const by_url = `${driving}&img_url=${encodeURIComponent(kSampleUrl)}`;
const json = JSON.stringify({ type: 'photo', img_url: kSampleUrl });
const json_file = installation.file('body.json');
fs.writeFileSync(json_file, json);

const curl_forms = {
    'part img': ['-F', `img=@${kSampleFile}`, driving],
    'part file': ['-F', `file=@${kSampleFile}`, driving],
    'part media with type and name': ['-F', `media=@${kSampleFile};type=image/jpeg;filename=a.jpg`, driving],
    'the only file part, beside a field': ['-F', `picture=@${kSampleFile}`, '-F', 'type=photo', driving],
    'type in the query': ['-F', `img=@${kSampleFile}`, `${driving}&type=photo`],
    'chunked': ['-H', 'Transfer-Encoding: chunked', '-F', `img=@${kSampleFile}`, driving],
    'asking first': ['-H', 'Expect: 100-continue', '-F', `img=@${kSampleFile}`, driving],
    'chunked, asking first':
        ['-H', 'Transfer-Encoding: chunked', '-H', 'Expect: 100-continue', '-F', `img=@${kSampleFile}`, driving],
    'never asking first': ['-H', 'Expect:', '-F', `img=@${kSampleFile}`, driving],
    'bearer': ['-H', `Authorization: Bearer ${merchant.key}`, '-F', `img=@${kSampleFile}`, route],
    'over TLS': ['--cacert', process.env.NODE_EXTRA_CA_CERTS, '-F', `img=@${kSampleFile}`,
        driving.replace(installation.public_url, installation.public_tls_url)],
    'GET, as WeChat types its example': [by_url],
    'GET, encoded by curl': ['-G', '--data-urlencode', `img_url=${kSampleUrl}`, driving],
    'POST without a body': ['-X', 'POST', by_url],
    'POST of nothing': ['-d', '', by_url],
    'POST of {}': ['-d', '{}', by_url],
    'POST of {} as JSON': ['--json', '{}', by_url],
    'POST of nothing, chunked': ['-H', 'Transfer-Encoding: chunked', '-d', '', by_url],
    'urlencoded body': ['--data-urlencode', `img_url=${kSampleUrl}`, driving],
    'urlencoded body, not encoded': ['-d', `img_url=${kSampleUrl}`, driving],
    'JSON body': ['--json', json, driving],
    'JSON body from a file': ['-H', 'Content-Type: application/json', '--data-binary', `@${json_file}`, driving],
    'JSON body that curl calls a form': ['-d', json, driving],
    'img_url as a multipart field': ['-F', `img_url=${kSampleUrl}`, driving],
};
for (const [form, words] of Object.entries(curl_forms)) {
    installation.test(`curl: ${form}`, () => expectOneScan(installation, merchant, async () => {
        const finished = await runToEnd('curl', ['--disable', '--silent', '--show-error', '--fail', '--max-time', '60', ...words]);
        assert.equal(finished.exit_code, 0, finished.stderr);
        return JSON.parse(finished.stdout);
    }));
}

function upload() {
    const form = new FormData();
    form.set('img', new Blob([fs.readFileSync(kSampleFile)], { type: 'image/jpeg' }), 'licence.jpg');
    return form;
}
function streamed(form) {
    const { headers, body } = new Response(form);
    return { headers: { 'Content-Type': headers.get('Content-Type') }, body, duplex: 'half' };
}
const fetch_forms = {
    'FormData': [driving, { body: upload() }],
    'a stream': [driving, streamed(upload())],
    'URLSearchParams': [driving, { body: new URLSearchParams({ img_url: kSampleUrl }) }],
    'JSON without a content type of its own': [driving, { body: json }],
    'no body': [by_url, {}],
};
for (const [form, [url, options]] of Object.entries(fetch_forms)) {
    installation.test(`fetch: ${form}`, () => expectOneScan(installation, merchant,
        async () => (await fetch(url, { method: 'POST', ...options })).json()));
}
