// What the heartbeat's thread runs: renews the leases that the worker holds, whatever the worker's
// own event loop is doing.
import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../clock.ts'
import { openStore } from '../open-store.ts'
import { LoopHeartbeat } from '../worker/heartbeat.ts'
import type { FromHeartbeat, HeartbeatThreadOptions, ToHeartbeat } from '../worker/thread-heartbeat.ts'

const port = parentPort
if (!port) throw new Error('This module is run by the worker, and not on its own')
const send = (message: FromHeartbeat) => port.postMessage(message)

const { storeUrl, leaseMs, intervalMs } = workerData as HeartbeatThreadOptions
const store = await openStore(storeUrl)
const heartbeat = new LoopHeartbeat({
  store,
  clock: systemClock,
  leaseMs,
  intervalMs,
  onError: (error) => send({ kind: 'failed', message: error instanceof Error ? error.message : String(error) }),
})

port.on('message', (messages: ToHeartbeat[]) => {
  for (const message of messages) void receive(message)
})
await heartbeat.start()
send({ kind: 'ready' })

async function receive(message: ToHeartbeat): Promise<void> {
  switch (message.kind) {
    case 'hold':
      return heartbeat.hold(message.lease, message.until, {
        cancelRequested: (reason) => send({ kind: 'report', lost: [], cancelled: [{ ...message.lease, reason }] }),
        leaseLost: () => send({ kind: 'report', lost: [message.lease], cancelled: [] }),
      })
    case 'drop':
      return heartbeat.drop(message.lease)
    case 'beat':
      return heartbeat.beat()
    case 'stop':
      await heartbeat.stop()
      await store.close()
      return port?.close()
  }
}
