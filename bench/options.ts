import { tmpdir } from 'node:os'
import { matchesGlob } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import type { Measure } from './bench.ts'
import type { Contender } from './contender.ts'
import { FULL, QUICK, type Sizes } from './sizes.ts'

export interface Options {
  json: string | true | undefined
  plot: string | undefined
  only: readonly string[]
  sizes: Sizes
  concurrency: number | undefined
  data: string
  postgresSettings: readonly string[]
}

export function parseOptions(args: readonly string[]): Options {
  const command = new Command('npm run bench --')
    .description('Measures Backbeat side by side with its peers, on servers of its own.')
    .option('--json [file]', 'write the result as JSON, and plots beside it (default: bench/results/<commit>.json)')
    .option('--only <globs>', 'measures, contenders or both, with commas between: drain,pick-up,backbeat-*', list)
    .option('--jobs <numbers>', 'waiting jobs of drains: 30000,200000', numbers)
    .option('--workers <numbers>', 'worker processes of drains: 1,2', numbers)
    .option('--history <numbers>', 'finished jobs that drains and lists are measured over: 0,1000000', numbers)
    .option('--repeats <number>', 'how often each trial is repeated', number)
    .option('--quick', 'small sizes: about three minutes for everything')
    .option('--concurrency <number>', 'jobs that a Backbeat worker runs at the same time', number)
    .option('--data <folder>', 'where the databases are kept while it runs', tmpdir())
    .option('--postgres <settings>', 'Postgres settings besides its defaults: shared_buffers=1GB', list)
    .option('--plot <file>', 'measure nothing: draw the plots of a result')
    .parse(args, { from: 'user' })
  const {
    json,
    plot,
    only = [],
    quick,
    jobs,
    workers,
    history,
    repeats,
    concurrency,
    data,
    postgres = [],
  } = command.opts()
  const sizes = quick ? QUICK : FULL
  return {
    json,
    plot,
    only,
    data,
    concurrency,
    postgresSettings: postgres,
    sizes: {
      ...sizes,
      ...(jobs && { jobs }),
      ...(workers && { workers }),
      ...(history && { history }),
      ...(repeats && { repeats, latencyRepeats: repeats }),
    },
  }
}

/**
 * The measures and contenders that the globs name; all of a kind where none of it is named.
 *
 * @throws Error where a glob names nothing
 */
export function choose(
  only: readonly string[],
  measures: readonly Measure[],
  contenders: readonly Contender[],
): { measures: Measure[]; contenders: Contender[] } {
  const named = <T extends { name: string }>(all: readonly T[]) => {
    const chosen = all.filter(({ name }) => only.some((glob) => matchesGlob(name, glob)))
    return chosen.length > 0 ? chosen : [...all]
  }
  const names = [...measures, ...contenders].map(({ name }) => name)
  const stray = only.find((glob) => !names.some((name) => matchesGlob(name, glob)))
  if (stray !== undefined) throw new Error(`--only ${stray} names nothing. There are: ${names.join(', ')}.`)
  return { measures: named(measures), contenders: named(contenders) }
}

function list(text: string): string[] {
  return text.split(',').map((part) => part.trim())
}

function number(text: string): number {
  const value = Number(text.replaceAll('_', ''))
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('Give whole numbers.')
  return value
}

function numbers(text: string): number[] {
  return list(text)
    .map(number)
    .sort((a, b) => a - b)
}
