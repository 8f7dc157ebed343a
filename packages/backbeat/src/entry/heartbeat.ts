// What the heartbeat's thread runs: renews the leases that the worker holds, and says that the worker
// lives, whatever the worker's own event loop is doing.
import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../clock.ts'
import type { Lease } from '../job/assignment.ts'
import { openStore } from '../open-store.ts'
import { type HeldLease, LoopHeartbeat } from '../worker/heartbeat.ts'
import { RoundTrips } from '../worker/round-trips.ts'
import type { FromHeartbeat, HeartbeatThreadOptions, PackedLeases, ToHeartbeat } from '../worker/thread-heartbeat.ts'
import { WorkerPulse } from '../worker/worker-pulse.ts'

const port = parentPort
if (!port) throw new Error('This module is run by the worker, and not on its own')
const send = (message: FromHeartbeat) => port.postMessage(message)

const { storeUrl, leaseMs, intervalMs, worker, ...initial } = workerData as HeartbeatThreadOptions
let { status } = initial
const onError = (error: unknown) =>
  send({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })
const store = await openStore(storeUrl)
const heartbeat = new LoopHeartbeat({
  store,
  clock: systemClock,
  leaseMs,
  intervalMs,
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
    running: Math.min(heartbeat.held().length, status.slots),
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
await heartbeat.start()
pulse.start()
send({ kind: 'ready' })

async function receive(message: ToHeartbeat): Promise<void> {
  switch (message.kind) {
    case 'hold':
      return heartbeat.hold(leasesOf(message).map((lease, at) => held(lease, message.until[at] ?? null)))
    case 'drop':
      for (const lease of leasesOf(message)) heartbeat.drop(lease)
      return
    case 'beat':
      return heartbeat.beat()
    case 'status':
      status = message.status
      return pulse.beat()
    case 'look':
      return pulse.look()
    case 'pong':
      return roundTrips.answered()
    case 'stop':
      await heartbeat.stop()
      await pulse.stop()
      await store.close()
      return port?.close()
  }
}

function leasesOf({ jobIds, deliveries }: PackedLeases): Lease[] {
  return jobIds.map((jobId, at) => ({ jobId, delivery: deliveries[at] as number }))
}

function held(lease: Lease, until: number | null): HeldLease {
  return {
    lease,
    until,
    holder: {
      cancelRequested: (reason) => send({ kind: 'report', lost: [], cancelled: [{ ...lease, reason }] }),
      leaseLost: () => send({ kind: 'report', lost: [lease], cancelled: [] }),
    },
  }
}
