import type { Client } from 'pg'
import type { PostgresConnection } from './connection.ts'
import { channelOf, type Notifier } from './notifier.ts'

/** How long a notification to oneself may take. */
const PROBE_MS = 5000
const PROBE = 'probe'

/** One connection that listens, for as long as it lasts. */
export class Listening {
  readonly #client: Client
  readonly #lost = Promise.withResolvers<void>()
  #closed = false

  private constructor(client: Client) {
    this.#client = client
    client.on('error', () => this.#lost.resolve())
    client.on('end', () => this.#lost.resolve())
  }

  /** Resolves when the connection is gone. */
  get lost(): Promise<void> {
    return this.#lost.promise
  }

  /**
   * Connects, listens, and makes sure that notifications arrive: a pooler that shares sessions out
   * takes the LISTEN and drops what comes of it.
   *
   * @param heard told what others say
   * @returns `undefined` where notifications do not arrive
   * @throws what keeps it from being found out
   */
  static async start(
    connection: PostgresConnection,
    notifier: Notifier,
    heard: (message: string) => void,
  ): Promise<Listening | undefined> {
    const client = await connection.createClient()
    const listening = new Listening(client)
    const probe = Promise.withResolvers<void>()
    client.on('notification', ({ payload = '' }) => {
      const [sender, message = ''] = payload.split(' ')
      if (sender !== notifier.id) heard(message)
      else if (message === PROBE) probe.resolve()
    })
    try {
      await client.connect()
      neverKeepAlive(client)
      await client.query(`LISTEN "${channelOf(connection.location.schema)}"`)
      // Over another connection: a session always hears itself, whoever shares it.
      if (!(await notifier.notify(PROBE))) throw new Error('The notification to oneself could not be sent')
      if (await arrivesWithin(PROBE_MS, probe.promise, listening.lost)) return listening
      listening.close()
      return undefined
    } catch (error) {
      listening.close()
      throw error
    }
  }

  /** Finds out whether the connection is still there; one that was dropped on the way is silent. */
  async check(): Promise<void> {
    try {
      await this.#client.query('SELECT 1')
    } catch {
      this.close()
    }
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#lost.resolve()
    this.#client.end().catch(() => {})
  }
}

/** What `pg` offers, and its types leave out. */
function neverKeepAlive(client: Client & { unref?: () => void }): void {
  client.unref?.()
}

async function arrivesWithin(ms: number, probe: Promise<void>, lost: Promise<void>): Promise<boolean> {
  const late = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => late.resolve(false), ms)
  const fault = () => Promise.reject(new Error('The connection was lost while waiting for a notification'))
  try {
    return await Promise.race([probe.then(() => true), lost.then(fault), late.promise])
  } finally {
    clearTimeout(timer)
  }
}
