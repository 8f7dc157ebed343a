import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Heat } from './fixtures/racer.ts'

const RACER = new URL('./fixtures/racer.ts', import.meta.url)
const NODE_FLAGS = ['--conditions=backbeat-source', '--disable-warning=ExperimentalWarning']
/** Long enough for every process to have its message. */
const START_IN_MS = 100

/** Processes that do things to one store at the same time. */
export class Race {
  readonly #racers: ChildProcess[]

  static async prepare(url: string, racers: number): Promise<Race> {
    const started = Array.from({ length: racers }, () => fork(RACER, [url], { execArgv: NODE_FLAGS }))
    await Promise.all(started.map((racer) => once(racer, 'message')))
    return new Race(started)
  }

  private constructor(racers: ChildProcess[]) {
    this.#racers = racers
  }

  /** Each racer's answer to its own heat. */
  async run<Answer>(heats: readonly Heat[]): Promise<Answer[]> {
    const startAt = Date.now() + START_IN_MS
    return Promise.all(
      heats.map(async (heat, index) => {
        const racer = this.#racers[index]
        if (!racer) throw new RangeError('There are more heats than racers')
        const answered = once(racer, 'message')
        racer.send({ heat, startAt })
        const [{ answer, error }] = await answered
        if (error) throw new Error(error)
        return answer
      }),
    )
  }

  async close(): Promise<void> {
    await Promise.all(
      this.#racers.map(async (racer) => {
        const exited = once(racer, 'exit')
        racer.kill('SIGKILL')
        await exited
      }),
    )
  }
}
