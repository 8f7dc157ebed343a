// What an executor thread runs.
import { parentPort, workerData } from 'node:worker_threads'
import { AttemptHost } from '../pool/attempt-host.ts'
import type { ExecutorSettings } from '../pool/messages.ts'
import { openApplication } from './open-application.ts'

const port = parentPort
if (!port) throw new Error('This module is run by the thread pool, and not on its own')
const settings: ExecutorSettings = workerData

const host = new AttemptHost(
  {
    send: (messages) => port.postMessage(messages),
    listen: (receive) => port.on('message', receive),
    memoryInUse() {
      // Of this thread only; the resident set is that of the whole process.
      const { heapUsed, external } = process.memoryUsage()
      return heapUsed + external
    },
    // Messages that were posted are delivered before a thread ends.
    end: (exitCode) => process.exit(exitCode),
  },
  settings,
)
await host.serve(() => openApplication(settings))
