import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

const READY_FOR_QUERY = 'Z'
const IDLE = 'I'
const STARTUP_LENGTH = 8
const DISCARD_ALL = simpleQuery('DISCARD ALL')

export interface Pooler {
  port: number
  stop(): Promise<void>
}

/**
 * What a pooler in transaction mode looks like from outside: it refuses settings for the session,
 * and after each transaction nothing is left of the session, a LISTEN included.
 */
export async function startPooler(server: { host: string; port: number }): Promise<Pooler> {
  const sockets = new Set<Socket>()
  const proxy = createServer({ noDelay: true }, (client) => {
    const backend = connect({ ...server, noDelay: true })
    for (const [socket, other] of [
      [client, backend],
      [backend, client],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
    pool(client, backend)
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  return {
    port: (proxy.address() as AddressInfo).port,
    stop: async () => {
      for (const socket of sockets) socket.destroy()
      proxy.close()
      await once(proxy, 'close')
    },
  }
}

function pool(client: Socket, backend: Socket): void {
  let started = false
  let discarding = false
  const held: Buffer[] = []

  client.on('data', (data) => {
    if (!started) {
      started = true
      if (data.subarray(STARTUP_LENGTH).includes('options\0')) return client.end(refusal())
    }
    if (discarding) held.push(data)
    else backend.write(data)
  })

  let rest: Buffer = Buffer.alloc(0)
  backend.on('data', (data) => {
    rest = Buffer.concat([rest, data])
    for (let length = lengthOf(rest); length !== undefined && length <= rest.length; length = lengthOf(rest)) {
      const message = rest.subarray(0, length)
      rest = rest.subarray(length)
      const endsTransaction = kindOf(message) === READY_FOR_QUERY && String.fromCharCode(message[5] ?? 0) === IDLE
      if (!discarding) client.write(message)
      if (!endsTransaction) continue
      discarding = !discarding
      if (discarding) backend.write(DISCARD_ALL)
      else for (const waiting of held.splice(0)) backend.write(waiting)
    }
  })
}

function kindOf(message: Buffer): string {
  return String.fromCharCode(message[0] ?? 0)
}

/** Of the message that begins here: its kind, and a length that counts itself. */
function lengthOf(data: Buffer): number | undefined {
  return data.length < 5 ? undefined : 1 + data.readInt32BE(1)
}

function simpleQuery(text: string): Buffer {
  return frame('Q', `${text}\0`)
}

function refusal(): Buffer {
  return frame('E', 'SFATAL\0VFATAL\0C08P01\0Munsupported startup parameter: options\0\0')
}

function frame(kind: string, body: string): Buffer {
  const head = Buffer.alloc(5)
  head.write(kind)
  head.writeInt32BE(4 + Buffer.byteLength(body), 1)
  return Buffer.concat([head, Buffer.from(body)])
}
