import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import type { Handle, Session } from '../contender.ts'
import { waitUntilSettled } from '../history/templates.ts'
import { inBulk, times } from './bulk.ts'

export const BULK = { size: 1000, inFlight: 4 }
export const CONCURRENCY = 50

const QUEUE = 'bench_job'
const HISTORY_CHUNK = 10_000

/** Copies a really finished job, so often, under ids that new jobs will not be given. */
const COPY = `
  local job = redis.call('HGETALL', KEYS[1])
  local prefix = KEYS[2]
  local last = redis.call('INCRBY', prefix .. 'id', ARGV[1])
  local at = tonumber(ARGV[2])
  for id = last - ARGV[1] + 1, last do
    redis.call('HSET', prefix .. id, unpack(job))
    redis.call('ZADD', prefix .. 'completed', at, id)
  end`

/** @param keep whether finished jobs are kept */
export async function connectBullMq(url: string, handle: Handle, keep: boolean): Promise<Session> {
  const connection = { url, maxRetriesPerRequest: null }
  const options = keep ? {} : { removeOnComplete: true, removeOnFail: true }
  const queue = new Queue(QUEUE, { connection, defaultJobOptions: options })
  const redis = new Redis(url)
  let worker: Worker | undefined
  await queue.waitUntilReady()

  const session: Session = {
    clear: async () => void (await redis.flushdb()),
    settleDown: async () => undefined,
    async addHistory(count) {
      if (!keep) return
      await session.enqueueOne(0)
      await session.startWorker()
      await waitUntilSettled(session)
      await session.stopWorker()
      const [newest] = await queue.getCompleted(0, 0)
      const prefix = queue.toKey('')
      for (let left = count; left > 0; left -= HISTORY_CHUNK) {
        const at = Date.now() - left
        await redis.eval(COPY, 2, `${prefix}${newest?.id}`, prefix, Math.min(left, HISTORY_CHUNK), at)
      }
    },
    enqueueBulk: (count, at = 0) =>
      inBulk(count, BULK, (taken) => queue.addBulk(times(taken, { name: 'job', data: { at } }))),
    enqueueOne: async (at) => void (await queue.add('job', { at })),
    getReady: async () => undefined,
    async startWorker() {
      worker = new Worker(QUEUE, async ({ data }) => handle(data), { connection, concurrency: CONCURRENCY })
      worker.on('error', (error) => console.error('bullmq:', error.message))
      await worker.waitUntilReady()
    },
    async stopWorker() {
      await worker?.close()
      worker = undefined
    },
    async isSettled() {
      const counts = await queue.getJobCounts('wait', 'active', 'delayed', 'prioritized', 'waiting-children')
      return Object.values(counts).every((count) => count === 0)
    },
    countFinished: async () => (keep ? queue.getCompletedCount() : null),
    async close() {
      await worker?.close()
      await queue.close()
      redis.disconnect()
    },
  }
  return session
}
