import { once } from 'node:events';
import http from 'node:http';

import { easywechat } from './packages.mjs';

/**
 * A third-party platform's events URL. `receive` gets each push as node-easywechat's ServerRequest and gives the body of the
 * answer. The result is its address, on a port of the system's choice.
 */
export async function serveEvents(receive) {
    const server = http.createServer(async (incoming, response) => {
        try {
            const request = await easywechat.ServerRequest.createFromIncomingMessage(incoming);
            response.end(await receive(request));
        } catch (fault) {
            response.writeHead(500).end(String(fault));
        }
    });
    server.unref(); // it alone keeps no process alive
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${server.address().port}/`;
}
