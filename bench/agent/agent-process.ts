// A process of its own that enqueues or works for the bench. Ends when the bench does.
import { now } from '../clock.ts'
import { AgentHost } from './agent-host.ts'

/** How often the bench is told how far the worker is, in milliseconds. */
const TELL_EVERY_MS = 10

export interface Ask {
  id: number
  operation: string
  args: unknown[]
}

export type Answer = { id: number; result: unknown } | { id: number; error: string }

/** How many jobs the handler was called for. */
export interface Progress {
  handled: number
}

let toldAt = 0
let told = 0
const host = new AgentHost(() => {
  if (now() - toldAt > TELL_EVERY_MS) tell()
})

// Calls that come in between are told of by the timer.
setInterval(tell, TELL_EVERY_MS).unref()

function tell(): void {
  toldAt = now()
  if (host.handled === told) return
  told = host.handled
  send({ handled: told })
}

function send(message: Answer | Progress): void {
  process.send?.(message)
}

process.on('message', async ({ id, operation, args }: Ask) => {
  try {
    const method = host[operation as keyof AgentHost] as (...args: unknown[]) => unknown
    send({ id, result: await method.apply(host, args) })
  } catch (error) {
    send({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  }
})

process.once('disconnect', () => process.exit(0))
