import type { IncomingMessage, ServerResponse } from 'node:http'

/** What {@link toNodeHandler} serves: a Backbeat, or anything else that answers Fetch requests. */
export interface FetchServer {
  fetch(request: Request, env?: unknown): Response | Promise<Response>
}

/** Answers a request of Node's own server; what Express, Fastify and Connect call too. */
export type NodeHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/**
 * The HTTP API for servers that do not speak Fetch: Express, Fastify, Connect and plain `node:http`.
 * Where it is mounted below a path, give `createBackbeat` the same `basePath`. A body that the
 * framework has parsed already, as `express.json()` does, is understood.
 *
 * @example
 * createServer(toNodeHandler(backbeat)).listen(4000)
 * app.use('/backbeat', toNodeHandler(backbeat)) // Express
 */
export function toNodeHandler(server: FetchServer): NodeHandler {
  let listener: Promise<NodeHandler> | undefined
  return async (request, response) => {
    listener ??= createListener(server)
    const handle = await listener
    await handle(withParsedBody(request), response)
  }
}

/** Loaded only when it is asked for: executors and scripts have no use for it. */
async function createListener(server: FetchServer): Promise<NodeHandler> {
  const { getRequestListener } = await import('@hono/node-server')
  return getRequestListener((request, env) => server.fetch(request, env), { overrideGlobalObjects: false })
}

/** A stream that was read to its end has nothing left, so what it held is written down again. */
function withParsedBody(request: IncomingMessage & { body?: unknown; rawBody?: unknown }): IncomingMessage {
  const { body, rawBody, readableEnded } = request
  if (!readableEnded || body === undefined || rawBody !== undefined) return request
  request.rawBody = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  return request
}
