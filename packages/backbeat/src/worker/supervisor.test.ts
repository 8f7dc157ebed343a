import { describe, expect, test } from 'vitest'
import { ManualClock } from '../testing/manual-clock.ts'
import { type SupervisedProcess, Supervisor } from './supervisor.ts'

/** A process that does what the test says. */
class FakeProcess implements SupervisedProcess {
  readonly #ready = Promise.withResolvers<void>()
  readonly #exited = Promise.withResolvers<string>()
  readonly ready = this.#ready.promise
  readonly exited = this.#exited.promise
  readonly pid: number
  hasRetired = false
  isKilled = false
  isStopped = false

  constructor(pid: number) {
    this.pid = pid
  }

  becomeReady = () => this.#ready.resolve()
  fail = (error: Error) => this.#ready.reject(error)
  exit = (how: string) => this.#exited.resolve(how)

  stop(): void {
    this.isStopped = true
    this.exit('exit code 0')
  }

  kill(): void {
    this.isKilled = true
    this.exit('killed by SIGKILL')
  }
}

function setUp(count: number) {
  const clock = new ManualClock()
  const processes: FakeProcess[] = []
  const said: string[] = []
  const launch = () => {
    const process = new FakeProcess(processes.length + 1)
    processes.push(process)
    return process
  }
  const supervisor = new Supervisor({ count, launch, clock, say: (message) => said.push(message) })
  const startAll = async () => {
    const starting = supervisor.start()
    for (const process of processes) process.becomeReady()
    await starting
  }
  return { clock, processes, said, supervisor, startAll }
}

/** Lets promises that have settled take their effect. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

describe('a supervisor', () => {
  test('starts the processes, and stops them', async () => {
    const { processes, supervisor, startAll } = setUp(3)
    await startAll()
    expect(processes).toHaveLength(3)
    await supervisor.stop()
    expect(processes.every(({ isStopped }) => isStopped)).toBe(true)
  })

  test('does not start when one of them cannot, and leaves none behind', async () => {
    const { processes, supervisor } = setUp(2)
    const starting = supervisor.start()
    processes[0]?.becomeReady()
    processes[1]?.fail(new Error('no such application'))
    await expect(starting).rejects.toThrow('no such application')
    expect(processes.every(({ isKilled }) => isKilled)).toBe(true)
  })

  test('starts one that dies again, ever later, and says so', async () => {
    const { clock, processes, said, startAll } = setUp(1)
    await startAll()
    for (const ms of [500, 1000, 2000]) {
      const before = processes.length
      processes.at(-1)?.exit('exit code 1')
      await settle()
      expect(said.at(-1)).toBe(`Worker process ${before} ended (exit code 1). Starting another in ${ms / 1000} s.`)
      clock.advance(ms - 1)
      await settle()
      expect(processes).toHaveLength(before)
      clock.advance(1)
      await settle()
      expect(processes).toHaveLength(before + 1)
    }
  })

  test('starts one that has lived for long again soon', async () => {
    const { clock, processes, said, startAll } = setUp(1)
    await startAll()
    processes[0]?.exit('exit code 1')
    await settle()
    clock.advance(500)
    await settle()
    clock.advance('1m')
    processes[1]?.exit('exit code 1')
    await settle()
    expect(said.at(-1)).toContain('in 0.5 s')
  })

  test('starts none when it is being stopped', async () => {
    const { processes, supervisor, startAll } = setUp(1)
    await startAll()
    processes[0]?.exit('exit code 1')
    await settle()
    await supervisor.stop()
    expect(processes).toHaveLength(1)
  })
})
