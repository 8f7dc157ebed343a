// What the heartbeat's thread runs: renews the leases that the worker holds, and says that the worker
// lives, whatever the worker's own event loop is doing.
import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../clock.ts'
import { openHeartbeatRecords } from '../open-store.ts'
import { BeatLoop, type BeatReport } from '../worker/heartbeat.ts'
import { LeaseBoardReader } from '../worker/lease-board.ts'
import { RoundTrips } from '../worker/round-trips.ts'
import type { FromHeartbeat, HeartbeatThreadData, ToHeartbeat } from '../worker/thread-heartbeat.ts'
import { WorkerPulse } from '../worker/worker-pulse.ts'

const port = parentPort
if (!port) throw new Error('This module is run by the worker, and not on its own')
const send = (message: FromHeartbeat) => port.postMessage(message)

const { storeUrl, shared, leaseMs, intervalMs, worker, sheets, ...initial } = workerData as HeartbeatThreadData
let { status } = initial
const onError = (error: unknown) =>
  send({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })
const store = await openHeartbeatRecords(storeUrl, shared)
const board = new LeaseBoardReader(sheets)
const beats = new BeatLoop({
  store,
  clock: systemClock,
  leaseMs,
  intervalMs,
  source: { due: (now) => board.due(now), tell: tellOfLosses },
  onError,
})
const roundTrips = new RoundTrips(() => send({ kind: 'ping' }))
const pulse = new WorkerPulse({
  store,
  clock: systemClock,
  intervalMs,
  describe: () => ({
    ...worker,
    ...status,
    // Jobs that were claimed ahead of their slots are held too.
    running: Math.min(board.count(), status.slots),
    memoryBytes: process.memoryUsage.rss(),
    eventLoopLagMs: roundTrips.lagMs,
  }),
  obey(orders) {
    send({ kind: 'orders', orders })
    roundTrips.ask()
  },
  onError,
})

port.on('message', (messages: ToHeartbeat[]) => {
  for (const message of messages) void receive(message)
})
beats.start()
pulse.start()
send({ kind: 'ready' })

async function receive(message: ToHeartbeat): Promise<void> {
  switch (message.kind) {
    case 'sheet':
      return board.add(message.buffer)
    case 'beat':
      return beats.beat()
    case 'status':
      status = message.status
      return pulse.beat()
    case 'look':
      return pulse.look()
    case 'pong':
      return roundTrips.answered()
    case 'stop':
      beats.stop()
      await pulse.stop()
      await store.close()
      return port?.close()
  }
}

/** The worker knows which of it is new. */
function tellOfLosses({ lost, cancelled }: BeatReport): void {
  if (lost.length > 0 || cancelled.length > 0) send({ kind: 'report', lost, cancelled })
}
