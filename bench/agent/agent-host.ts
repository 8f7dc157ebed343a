import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { now } from '../clock.ts'
import type { Payload, Session, Tuning } from '../contender.ts'
import type { BackbeatSession, ReadName } from '../contenders/backbeat.ts'
import { contenderNamed } from '../contenders/index.ts'

/** How often a steady load sends what is due by then, in milliseconds. */
const TICK_MS = 10

/** What a process of its own does for the bench, with one contender. */
export class AgentHost {
  /** How often the handler was called. */
  handled = 0
  /** When it was called first since the worker was last started. */
  #firstHandledAt = 0
  #latencies: number[] = []
  #session: Session | undefined
  readonly #onHandled: () => void

  /** @param onHandled is told of every call of the handler */
  constructor(onHandled: () => void) {
    this.#onHandled = onHandled
  }

  async connect(contender: string, url: string, tuning: Tuning): Promise<void> {
    const handle = ({ at }: Payload) => {
      if (at > 0) this.#latencies.push(now() - at)
      if (this.#firstHandledAt === 0) this.#firstHandledAt = now()
      this.handled += 1
      this.#onHandled()
    }
    this.#session = await contenderNamed(contender).connect(url, handle, tuning)
  }

  clear = (): Promise<void> => this.session.clear()
  settleDown = (): Promise<void> => this.session.settleDown()
  addHistory = (count: number): Promise<void> => this.session.addHistory(count)
  isSettled = (): Promise<boolean> => this.session.isSettled()
  countFinished = (): Promise<number | null> => this.session.countFinished()
  getReady = (): Promise<void> => this.session.getReady()
  stopWorker = (): Promise<void> => this.session.stopWorker()

  async startWorker(): Promise<void> {
    this.#firstHandledAt = 0
    await this.session.startWorker()
  }

  /** When the handler was called first since the worker was last started; 0 where it was not, or elsewhere. */
  firstHandledAt(): number {
    return this.#firstHandledAt
  }

  /** Answers how long it took, in milliseconds. */
  async enqueueBulk(count: number): Promise<number> {
    const began = now()
    await this.session.enqueueBulk(count)
    return now() - began
  }

  /** One call for each job, with so many under way at the same time. Answers how long it took, in milliseconds. */
  async enqueueSingly(count: number, inFlight: number): Promise<number> {
    const began = now()
    let left = count
    const lane = async () => {
      while (left > 0) {
        left -= 1
        await this.session.enqueueOne(0)
      }
    }
    await Promise.all(Array.from({ length: inFlight }, lane))
    return now() - began
  }

  /** Enqueues a job now and then, so that the worker is idle before each. */
  async enqueueNowAndThen(count: number, gapMs: number): Promise<void> {
    for (let sent = 0; sent < count; sent++) {
      // Not in step with anybody's polling.
      await sleep(gapMs * (0.5 + Math.random()))
      await this.session.enqueueOne(now())
    }
  }

  /** Enqueues at a steady rate, whatever becomes of the jobs. Answers how many there were. */
  async enqueueSteadily(perSecond: number, ms: number): Promise<number> {
    const began = now()
    const pending = new Set<Promise<void>>()
    let sent = 0
    while (now() - began < ms) {
      const at = now()
      const due = Math.floor(((at - began) / 1000) * perSecond) - sent
      if (due > 0) {
        sent += due
        const insertion = this.session.enqueueBulk(due, at).finally(() => pending.delete(insertion))
        pending.add(insertion)
      }
      await sleep(TICK_MS)
    }
    await Promise.all(pending)
    return sent
  }

  /** The pick-up times of the timed jobs since this was last asked, in milliseconds. */
  takeLatencies(): number[] {
    const taken = this.#latencies
    this.#latencies = []
    return taken
  }

  /** In MB: what this process uses now, and the most it ever did. */
  memory(): { now: number; peak: number } {
    return { now: process.memoryUsage.rss() / 1e6, peak: peakBytes() / 1e6 }
  }

  read = (what: ReadName, samples: number, limitMs: number): Promise<number[]> =>
    (this.session as BackbeatSession).read(what, samples, limitMs)

  runLedger = (items: number): Promise<number> => (this.session as BackbeatSession).runLedger(items)

  close = async (): Promise<void> => this.#session?.close()

  private get session(): Session {
    if (!this.#session) throw new Error('The agent is not connected.')
    return this.#session
  }
}

/** On Linux not by `resourceUsage`, whose peak begins with that of the process that started this one. */
function peakBytes(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024
  const status = readFileSync('/proc/self/status', 'utf8')
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) * 1024
}
