// What an executor thread runs: loads the application, then takes one attempt at a time.
import { parentPort, workerData } from 'node:worker_threads'
import { loadApplication } from '../application.ts'
import { type ExecutorEnvironment, runAttempt } from '../attempt/run-attempt.ts'
import { systemClock } from '../clock.ts'
import type { Assignment } from '../job/assignment.ts'
import type { ToExecutor, ToWorker } from '../pool/messages.ts'
import { RemoteRecorder } from '../pool/remote-recorder.ts'
import { fromStopReason } from '../pool/stop-reason.ts'

const port = parentPort
if (!port) throw new Error('This module is run by the thread pool, and not on its own')
const send = (message: ToWorker) => port.postMessage(message)

let current: { controller: AbortController; recorder: RemoteRecorder } | undefined

async function run(assignment: Assignment, environment: ExecutorEnvironment): Promise<void> {
  const { jobId, delivery } = assignment
  const controller = new AbortController()
  const recorder = new RemoteRecorder(assignment, send)
  current = { controller, recorder }
  const outcome = await runAttempt(assignment, controller, recorder, environment)
  current = undefined
  send({ kind: 'outcome', lease: { jobId, delivery }, outcome })
}

try {
  const application = await loadApplication(workerData.module)
  const environment = await application.open(systemClock)
  // Messages that came in the meantime have been kept by the port.
  port.on('message', async (message: ToExecutor) => {
    switch (message.kind) {
      case 'run':
        return run(message.assignment, environment)
      case 'abort':
        return current?.controller.abort(fromStopReason(message.reason))
      case 'stop':
        await environment.close()
        return port.close()
      default:
        return current?.recorder.receive(message)
    }
  })
  send({ kind: 'ready' })
} catch (error) {
  const { code = 'application_failed', message, stack = '' } = error as Error & { code?: string }
  send({ kind: 'load_failed', error: { code: String(code), message, stack } })
}
