import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** Stands between workers and their database, and can fall silent: it accepts, and never answers. */
export class SilentProxy {
  readonly #server: Server
  readonly #pairs = new Set<[Socket, Socket]>()
  #silent = false

  static async before(host: string, port: number): Promise<SilentProxy> {
    const proxy = new SilentProxy(host, port)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  private constructor(host: string, port: number) {
    this.#server = createServer((near) => {
      const far = connect(port, host)
      const pair: [Socket, Socket] = [near, far]
      this.#pairs.add(pair)
      const end = () => {
        this.#pairs.delete(pair)
        near.destroy()
        far.destroy()
      }
      for (const [from, to] of [pair, [far, near] as const]) {
        from.on('data', (bytes) => to.write(bytes))
        from.on('error', end)
        from.on('close', end)
        if (this.#silent) from.pause()
      }
    })
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  fallSilent(): void {
    this.#silent = true
    for (const socket of [...this.#pairs].flat()) socket.pause()
  }

  speak(): void {
    this.#silent = false
    for (const socket of [...this.#pairs].flat()) socket.resume()
  }

  async close(): Promise<void> {
    this.#server.close()
    for (const socket of [...this.#pairs].flat()) socket.destroy()
    await once(this.#server, 'close')
  }
}
