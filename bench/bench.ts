import { join } from 'node:path'
import { Agent } from './agent/agent.ts'
import type { Contender, Tuning } from './contender.ts'
import type { Figures } from './report/figures.ts'
import type { Servers } from './servers/keeper.ts'
import { createDatabase } from './servers/postgres.ts'
import type { Sizes } from './sizes.ts'

/** A measure: what it asks of which contenders. */
export interface Measure {
  name: string
  /** What it measures and from when to when, for people. */
  description: string
  run(bench: Bench): Promise<void>
}

/** One contender's place: a database of its own, that every trial finds as the one before left it. */
export interface Ground {
  contender: Contender
  url: string
  /** How many finished jobs were put there. */
  history: number
}

/** What measures work with. */
export class Bench {
  readonly sizes: Sizes
  readonly tuning: Tuning
  readonly figures: Figures
  /** Why something was not measured. */
  readonly skipped: string[] = []
  readonly #contenders: readonly Contender[]
  readonly #servers: Servers
  readonly #grounds = new Map<string, Promise<Ground>>()
  readonly #onProgress: (text: string) => void

  constructor(parts: {
    sizes: Sizes
    tuning: Tuning
    figures: Figures
    contenders: readonly Contender[]
    servers: Servers
    onProgress: (text: string) => void
  }) {
    this.sizes = parts.sizes
    this.tuning = parts.tuning
    this.figures = parts.figures
    this.#contenders = parts.contenders
    this.#servers = parts.servers
    this.#onProgress = parts.onProgress
  }

  /**
   * The contenders that take part in a measure, each on its own ground.
   *
   * @param label for a measure that needs a second ground for each
   */
  async grounds(
    takesPart: (contender: Contender) => boolean = ({ pool }) => pool === undefined,
    label = '',
  ): Promise<Ground[]> {
    const grounds: Ground[] = []
    for (const contender of this.#contenders.filter(takesPart)) {
      if (contender.server === 'redis' && this.#servers.redis === null) {
        this.skip(`${contender.name}: there is no redis-server on the PATH`)
        continue
      }
      const name = contender.name + label
      let ground = this.#grounds.get(name)
      if (!ground) {
        ground = this.#prepare(contender, name)
        this.#grounds.set(name, ground)
      }
      grounds.push(await ground)
    }
    return grounds
  }

  /**
   * Tries each ground so often, one after the other in turns, beginning with another one each time.
   * A trial that fails is told of, and its ground is left out from then on.
   */
  async inTurns(
    what: string,
    grounds: readonly Ground[],
    trial: (ground: Ground) => Promise<void>,
    repeats = this.sizes.repeats,
  ): Promise<void> {
    const failed = new Set<Ground>()
    for (let round = 0; round < repeats; round++) {
      const first = round % Math.max(1, grounds.length)
      for (const ground of [...grounds.slice(first), ...grounds.slice(0, first)]) {
        if (failed.has(ground)) continue
        this.#onProgress(`${what}: ${ground.contender.name} (${round + 1} of ${repeats})`)
        try {
          await trial(ground)
        } catch (error) {
          failed.add(ground)
          this.skip(`${what}: ${ground.contender.name}: ${reasonOf(error)}`)
          console.error(error)
        }
      }
    }
  }

  /**
   * A process of its own for the contender.
   *
   * @param flags of Node
   */
  agent({ contender, url }: Ground, flags?: readonly string[]): Promise<Agent> {
    return Agent.start(contender.name, url, this.tuning, flags)
  }

  /** Removes every job. */
  async reset(ground: Ground): Promise<void> {
    await using agent = await this.agent(ground)
    await agent.ask('clear')
    ground.history = 0
  }

  skip(why: string): void {
    if (this.skipped.includes(why)) return
    this.skipped.push(why)
    this.#onProgress(`NOT MEASURED  ${why}`)
  }

  /** Where the databases are kept. */
  get folder(): string {
    return this.#servers.folder
  }

  say(text: string): void {
    this.#onProgress(text)
  }

  async #prepare(contender: Contender, name: string): Promise<Ground> {
    return { contender, url: await this.#urlFor(contender, name), history: 0 }
  }

  async #urlFor({ server }: Contender, name: string): Promise<string> {
    const { folder, postgres, redis } = this.#servers
    if (server === 'file') return `sqlite:${join(folder, `${name}.db`)}`
    if (server === 'redis') return `${redis}/${this.#grounds.size % 16}`
    return createDatabase(postgres, `bench_${name.replaceAll('-', '_')}`)
  }
}

/** The first line of what an error says. */
export function reasonOf(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split('\n', 1)[0] ?? ''
}
