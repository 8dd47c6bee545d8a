import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

const kPatienceMs = 30_000;

/** The first true answer of `question`, which is asked until it is true; throws after half a minute. */
export async function eventually(what, question) {
    const deadline = Date.now() + kPatienceMs;
    for (;;) {
        const answer = await question();
        if (answer) return answer;
        if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`);
        await pause(20);
    }
}

/** Runs a command to its end. */
export async function runToEnd(program, words) {
    const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    const output = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text) => (output.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (output.stderr += text));
    const [exit_code] = await once(child, 'close');
    return { exit_code, ...output };
}

/**
 * A server as a process of its own, which dies with us however we end. `start` ends when it has written its ready file, and
 * gives what that says.
 */
export class Server {
    constructor(program, words, ready_file, log_file) {
        Object.assign(this, { program, words, ready_file, log_file });
    }

    async start() {
        fs.rmSync(this.ready_file, { force: true });
        const log = fs.openSync(this.log_file, 'a');
        const words = ['--pdeathsig', 'KILL', this.program, ...this.words];
        this.child = spawn('setpriv', words, { stdio: ['ignore', 'ignore', log] });
        fs.closeSync(log);
        this.ended = once(this.child, 'exit');
        await eventually(`${this.program} is ready`, () => {
            if (this.child.exitCode !== null) throw new Error(`${this.program} ended: ${this.log()}`);
            return fs.existsSync(this.ready_file);
        });
        return JSON.parse(fs.readFileSync(this.ready_file, 'utf8'));
    }

    /** Ends it by SIGTERM; throws unless it ends well, which is also how a sanitizer tells of a finding. */
    async stop() {
        if (!this.child) return;
        const impatience = setTimeout(() => this.child.kill('SIGKILL'), kPatienceMs);
        this.child.kill('SIGTERM');
        const [exit_code, signal] = await this.ended;
        clearTimeout(impatience);
        if (exit_code !== 0) throw new Error(`${this.program} ended with ${exit_code ?? signal}: ${this.log()}`);
    }

    /** The end of its log. */
    log() {
        return fs.existsSync(this.log_file) ? fs.readFileSync(this.log_file, 'utf8').slice(-3000) : '';
    }
}
