import type { Contender, Session } from '../contender.ts'

const HISTORY_KEPT = 'every job and outcome kept; one call per job'

const backbeats = (['postgres', 'sqlite'] as const).flatMap((store) =>
  (['inline', 'threads', 'processes'] as const).map(
    (pool): Contender => ({
      name: `backbeat-${store}${pool === 'inline' ? '' : `-${pool}`}`,
      library: 'backbeat',
      server: store === 'postgres' ? 'postgres' : 'file',
      keepsHistory: true,
      contract: HISTORY_KEPT,
      settings: `pool ${pool}, concurrency 500${pool === 'inline' ? '' : ' over 2 executors'}, enqueueMany of 5,000, 2 in flight`,
      countsCalls: pool === 'inline',
      ...(pool !== 'inline' && { pool }),
      connect: async (url, handle, tuning): Promise<Session> => {
        const { connectBackbeat } = await import('./backbeat.ts')
        return connectBackbeat(url, handle, pool, tuning)
      },
    }),
  ),
)

const peers: Contender[] = [
  {
    name: 'graphile-worker',
    library: 'graphile-worker',
    server: 'postgres',
    keepsHistory: false,
    contract: 'finished jobs deleted; one call per job',
    settings:
      'localQueue.size 500, completeJobBatchDelay 0, failJobBatchDelay 0, concurrentJobs 24, maxPoolSize 25, silent logger, addJobs of 5,000, 2 in flight',
    countsCalls: true,
    maxHistory: 0,
    connect: async (url, handle) => (await import('./graphile-worker.ts')).connectGraphileWorker(url, handle),
  },
  {
    name: 'pg-boss',
    library: 'pg-boss',
    server: 'postgres',
    keepsHistory: true,
    contract: 'finished jobs kept; one call and one outcome per batch of 2,000',
    settings:
      'partitioned queue, useListenNotify and notify, batchSize 2000 with burstWhenBatchFull, insert of 5,000, 2 in flight',
    countsCalls: true,
    connect: async (url, handle) => (await import('./pg-boss.ts')).connectPgBoss(url, handle, 'batch'),
  },
  {
    name: 'pg-boss-single',
    library: 'pg-boss',
    server: 'postgres',
    keepsHistory: true,
    contract: 'finished jobs kept; one call per job',
    settings:
      'partitioned queue, useListenNotify and notify, batchSize 1, localConcurrency 24, burstWhenReadyExceeds 1 with statistics every second, polling every 0.5 s, insert of 5,000, 2 in flight',
    enqueuesAs: 'pg-boss',
    countsCalls: true,
    maxJobs: 30_000,
    maxHistory: 0,
    connect: async (url, handle) => (await import('./pg-boss.ts')).connectPgBoss(url, handle, 'single'),
  },
  {
    name: 'bullmq',
    library: 'bullmq',
    server: 'redis',
    keepsHistory: false,
    contract: 'finished jobs deleted; one call per job; Redis in memory only',
    settings: 'removeOnComplete, concurrency 50, addBulk of 1,000, 4 in flight',
    countsCalls: true,
    maxHistory: 0,
    connect: async (url, handle) => (await import('./bullmq.ts')).connectBullMq(url, handle, false),
  },
  {
    name: 'bullmq-keep',
    library: 'bullmq',
    server: 'redis',
    keepsHistory: true,
    contract: 'finished jobs kept; one call per job; Redis in memory only',
    settings: 'concurrency 50, addBulk of 1,000, 4 in flight',
    enqueuesAs: 'bullmq',
    countsCalls: true,
    maxHistory: 2_000_000,
    connect: async (url, handle) => (await import('./bullmq.ts')).connectBullMq(url, handle, true),
  },
]

const floors: Contender[] = [
  {
    name: 'postgres-floor',
    library: 'pg',
    server: 'postgres',
    keepsHistory: true,
    contract: 'NOT A LIBRARY: the least that it costs to keep jobs in a table of this Postgres; one call per job',
    settings:
      'a table of id, state and payload, an index of what waits; inserts of 5,000, 2 in flight; single inserts that come together share a commit; claimed and settled by 2,000, 2 in flight; notified of single jobs that are timed',
    countsCalls: true,
    maxHistory: 0,
    connect: async (url, handle) => (await import('./postgres-floor.ts')).connectPostgresFloor(url, handle),
  },
  {
    name: 'sqlite-floor',
    library: 'node',
    server: 'file',
    keepsHistory: true,
    contract: 'NOT A LIBRARY: the least that it costs to keep jobs in a table of SQLite; one call per job',
    settings:
      'a table of id, state and payload, an index of what waits; WAL, synchronous normal; inserts of 5,000; claimed and settled by 1,000; looks every 5 ms for what another process has stored',
    countsCalls: true,
    maxHistory: 0,
    connect: async (url, handle) => (await import('./sqlite-floor.ts')).connectSqliteFloor(url, handle),
  },
]

export const CONTENDERS: readonly Contender[] = [...backbeats, ...peers, ...floors]

/** @throws Error where there is none of that name */
export function contenderNamed(name: string): Contender {
  const contender = CONTENDERS.find((each) => each.name === name)
  if (!contender) throw new Error(`There is no contender ${name}.`)
  return contender
}
