import { PICK_UP_CASES } from '../measures/pick-up.ts'
import type { Figure } from './figures.ts'

/** What Backbeat is to reach, and whether it does. */
export interface Goal {
  goal: string
  /** As measured; `null` where the run has not measured what it takes. */
  actual: number | null
  compare: 'at least' | 'below'
  bound: number
  unit: string
  met: boolean | null
}

type Unit = '×' | 'ms' | 'MB' | '/s'

const PEERS = ['graphile-worker', 'pg-boss', 'pg-boss-single', 'bullmq', 'bullmq-keep']
/** Up to so many waiting jobs the peers do not slow down yet. */
const SMALL = 30_000
const FIRST_PAGE_MS = 30
const SEARCH_MS = 200
const WORKER_MB = 150
/** Items may add this share to the memory that a tenth of them took. */
const FLAT = 1.5

/** Every goal, computed from the medians of the figures. */
export function goalsOf(figures: readonly Figure[]): Goal[] {
  const median = (wanted: Partial<Figure>) => find(figures, wanted)?.median
  const goals: Goal[] = []
  const add = (goal: string, actual: number | undefined, compare: Goal['compare'], bound: number, unit: Unit) => {
    const isMet = actual === undefined ? null : compare === 'at least' ? actual >= bound : actual < bound
    goals.push({ goal, actual: actual ?? null, compare, bound, unit, met: isMet })
  }
  const fastestPeer = (wanted: Partial<Figure>, peers = PEERS) =>
    maximum(peers.map((contender) => median({ ...wanted, contender })))

  const drain = { measure: 'drain', metric: 'rate', workers: 1 }
  const sizes = distinct(figures.filter(({ measure }) => measure === 'drain').map(({ jobs }) => jobs ?? 0))
  for (const jobs of sizes.length > 0 ? sizes : [SMALL]) {
    const count = jobs.toLocaleString('en')
    const own = median({ ...drain, jobs, contender: 'backbeat-postgres' })
    const bound = jobs <= SMALL ? 1.3 : 1.6
    add(
      `Postgres drain of ${count} against the fastest peer`,
      over(own, fastestPeer({ ...drain, jobs })),
      'at least',
      bound,
      '×',
    )
    if (jobs > SMALL) continue
    const single = median({ ...drain, jobs, contender: 'pg-boss-single' })
    add(`Postgres drain of ${count} against pg-boss, one call per job`, over(own, single), 'at least', 20, '×')
  }

  const bulk = { measure: 'enqueue', metric: 'rate' }
  add(
    'Postgres bulk enqueue against the fastest peer',
    over(median({ ...bulk, contender: 'backbeat-postgres' }), fastestPeer(bulk)),
    'at least',
    1.3,
    '×',
  )

  const pickUp = (contender: string, where: string) =>
    median({ measure: 'pick-up', metric: 'p50', contender, case: `enqueued ${where}` })
  const [elsewhere, here] = PICK_UP_CASES
  add(
    'Postgres idle pick-up p50 against graphile-worker',
    over(pickUp('backbeat-postgres', elsewhere), pickUp('graphile-worker', elsewhere)),
    'below',
    0.7,
    '×',
  )
  add(
    'Postgres idle pick-up p50, own free slot, against BullMQ',
    over(pickUp('backbeat-postgres', here), minimum([pickUp('bullmq', here), pickUp('bullmq-keep', here)])),
    'below',
    1,
    '×',
  )

  const single = { measure: 'enqueue-single', metric: 'rate', case: 'one at a time' }
  const ownSingle = median({ ...single, contender: 'backbeat-postgres' })
  for (const [peer, bound] of [
    ['graphile-worker', 3],
    ['pg-boss', 2],
  ] as const) {
    const peers = median({ ...single, contender: peer })
    add(`Postgres single enqueue against ${peer}`, over(ownSingle, peers), 'at least', bound, '×')
  }
  const atOnce = median({ ...single, case: '50 at once', contender: 'backbeat-postgres' })
  add('Postgres single enqueue, 50 at once', atOnce, 'at least', 20_000, '/s')

  for (const jobs of sizes.length > 0 ? sizes : [SMALL]) {
    const own = median({ ...drain, jobs, contender: 'backbeat-sqlite' })
    const redis = fastestPeer({ ...drain, jobs }, ['bullmq', 'bullmq-keep'])
    add(`SQLite drain of ${jobs.toLocaleString('en')} against BullMQ`, over(own, redis), 'at least', 4, '×')
  }
  add('SQLite idle pick-up p50, own free slot', pickUp('backbeat-sqlite', here), 'below', 0.3, 'ms')

  for (const store of ['postgres', 'sqlite']) {
    const contender = `backbeat-${store}`
    // Without the start, which would weigh on the small case and flatter the large one.
    const started = { ...drain, metric: 'rate once started', contender }
    const [fewest = 0, most = 0] = [sizes[0], sizes.at(-1)]
    const backlog =
      most > fewest ? over(median({ ...started, jobs: most }), median({ ...started, jobs: fewest })) : undefined
    add(
      `${store}: drain of ${most.toLocaleString('en')} against ${fewest.toLocaleString('en')}`,
      backlog,
      'at least',
      0.9,
      '×',
    )
    const overHistory = figures.filter((each) => each.measure === 'history' && each.metric === 'rate once started')
    const histories = distinct(overHistory.map(({ history }) => history ?? 0))
    const [least = 0, largest = 0] = [histories[0], histories.at(-1)]
    const kept = { measure: 'history', metric: 'rate once started', contender }
    const growth =
      largest > least ? over(median({ ...kept, history: largest }), median({ ...kept, history: least })) : undefined
    add(`${store}: drain over ${largest.toLocaleString('en')} finished against ${least}`, growth, 'at least', 0.9, '×')
    const reads = figures.filter(
      (each) => each.measure === 'list' && each.metric === 'p95' && each.contender === contender,
    )
    const listed = (reads[0]?.history ?? 0).toLocaleString('en')
    const first = reads.find((each) => each.case.startsWith('first page'))
    add(`${store}: first page p95 at ${listed} finished`, first?.median, 'below', FIRST_PAGE_MS, 'ms')
    const searches = reads.filter((each) => each.case.startsWith('search')).map((each) => each.median)
    add(`${store}: slowest search p95 at ${listed} finished`, maximum(searches), 'below', SEARCH_MS, 'ms')
  }

  const items = { measure: 'items', contender: 'backbeat-sqlite' }
  add('Items of one job on SQLite', median({ ...items, metric: 'rate' }), 'at least', 100_000, '/s')
  const early = median({ ...items, metric: 'early memory' })
  add(
    'Items of one job on SQLite: peak memory against early',
    over(median({ ...items, metric: 'peak memory' }), early),
    'below',
    FLAT,
    '×',
  )

  for (const store of ['postgres', 'sqlite']) {
    const rate = (contender: string) => median({ measure: 'pools', metric: 'rate', contender })
    for (const pool of ['threads', 'processes']) {
      add(
        `${store}: no-ops in ${pool} against inline`,
        over(rate(`backbeat-${store}-${pool}`), rate(`backbeat-${store}`)),
        'at least',
        0.5,
        '×',
      )
    }
  }
  for (const store of ['postgres', 'sqlite']) {
    const peak = { metric: 'peak memory', contender: `backbeat-${store}` }
    const jobs = sizes.at(-1) ?? SMALL
    const what = `${store}: peak memory of a worker`
    const drained = median({ ...peak, measure: 'drain', jobs, workers: 1 })
    add(`${what} draining ${jobs.toLocaleString('en')}`, drained, 'below', WORKER_MB, 'MB')
    add(`${what} whose heap is bounded`, median({ ...peak, measure: 'memory' }), 'below', WORKER_MB, 'MB')
  }
  return goals
}

function find(figures: readonly Figure[], wanted: Partial<Figure>): Figure | undefined {
  const entries = Object.entries(wanted)
  return figures.find((figure) => entries.every(([name, value]) => figure[name as keyof Figure] === value))
}

function over(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a / b
}

function known(values: readonly (number | undefined)[]): number[] {
  return values.filter((value) => value !== undefined)
}

function maximum(values: readonly (number | undefined)[]): number | undefined {
  return known(values).reduce<number | undefined>((most, value) => Math.max(most ?? value, value), undefined)
}

function minimum(values: readonly (number | undefined)[]): number | undefined {
  return known(values).reduce<number | undefined>((least, value) => Math.min(least ?? value, value), undefined)
}

function distinct(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b)
}
