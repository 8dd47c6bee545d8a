// The npm packages lie in the build folder and not beside the sources, where an import would look for them.
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** What tests/clients/prepare filled: certificates and packages. */
export const preparedFolder = path.resolve(required('TOLLGATE_CLIENTS_FOLDER'));
/** Where tollgate, tollgate-sandbox and tollgate-recogniser are. */
export const programFolder = path.resolve(required('TOLLGATE_PROGRAM_FOLDER'));
export const sourceFolder = fileURLToPath(new URL('../..', import.meta.url));

const require = createRequire(path.join(preparedFolder, 'package.json'));
export const easywechat = require('node-easywechat');
export const CoWechatApi = require('co-wechat-api');
export const formstream = require('formstream');

function required(name) {
    const value = process.env[name];
    if (!value) throw new Error(`${name} is not set: run these tests by ctest -L clients`);
    return value;
}
