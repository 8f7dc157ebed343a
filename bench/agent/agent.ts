import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Tuning } from '../contender.ts'
import type { AgentHost } from './agent-host.ts'
import type { Answer, Progress } from './agent-process.ts'

/** A worker that calls no handler for so long, with jobs waiting, never will, in milliseconds. */
const STALL_MS = 120_000

const MODULE = new URL('./agent-process.ts', import.meta.url)

/** Once its code is in the cache, a process loads nothing to strip types with, which is not its contender's to answer for. */
const ENVIRONMENT = { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'backbeat-bench-code') }

type Operations = {
  [Name in keyof AgentHost as AgentHost[Name] extends (...args: never[]) => unknown ? Name : never]: AgentHost[Name]
}

/** A process that enqueues or works for the bench, as this process sees it. */
export class Agent {
  /** How often its handler was called, as far as it told. */
  handled = 0
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  #asked = 0
  #onProgress = () => {}
  #onEnd: (error: Error) => void = () => {}

  private constructor(child: ChildProcess) {
    this.#child = child
    child.on('message', (message: Answer | Progress) => this.#receive(message))
    child.once('exit', (code, signal) => {
      const error = new Error(`An agent ended with ${signal ?? code}.`)
      for (const { reject } of this.#waiting.values()) reject(error)
      this.#waiting.clear()
      this.#onEnd(error)
    })
  }

  /** @param flags of Node, such as those that bound its memory */
  static async start(
    contender: string,
    url: string,
    tuning: Tuning = {},
    flags: readonly string[] = [],
  ): Promise<Agent> {
    const agent = new Agent(fork(MODULE, { execArgv: [...process.execArgv, ...flags], env: ENVIRONMENT }))
    await agent.ask('connect', contender, url, tuning)
    return agent
  }

  ask<Name extends keyof Operations>(
    operation: Name,
    ...args: Parameters<Operations[Name]>
  ): Promise<Awaited<ReturnType<Operations[Name]>>> {
    const id = ++this.#asked
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    this.#waiting.set(id, { resolve, reject })
    this.#child.send({ id, operation, args })
    return promise as Promise<Awaited<ReturnType<Operations[Name]>>>
  }

  /**
   * Resolves once the handler was called so often, whichever of the agents called it.
   *
   * @throws Error where an agent ends, or none of them calls it any more
   */
  static async whenHandled(agents: readonly Agent[], count: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const handled = () => agents.reduce((sum, agent) => sum + agent.handled, 0)
    const onStall = () => reject(new Error(`No handler was called for two minutes, after ${handled()} of ${count}.`))
    const stall = setTimeout(onStall, STALL_MS)
    const look = () => {
      stall.refresh()
      if (handled() >= count) resolve()
    }
    for (const agent of agents) {
      agent.#onProgress = look
      agent.#onEnd = reject
    }
    look()
    await promise.finally(() => {
      clearTimeout(stall)
      for (const agent of agents) agent.#onProgress = agent.#onEnd = () => {}
    })
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    await this.ask('close').catch(() => undefined)
    if (this.#child.connected) this.#child.disconnect()
    await ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #receive(message: Answer | Progress): void {
    if ('handled' in message) {
      this.handled = message.handled
      this.#onProgress()
      return
    }
    const waiting = this.#waiting.get(message.id)
    this.#waiting.delete(message.id)
    if ('error' in message) waiting?.reject(new Error(message.error))
    else waiting?.resolve(message.result)
  }
}
