// Runs every check and ends with one plain line, `N passed, N failed, N skipped`: the tests and the
// faults, and one failure more for each other check that failed. Runs on whatever Node the machine has.
import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const CLOSING_LINE = /^(\d+) passed, (\d+) failed, (\d+) skipped$/

/** How long output may still arrive after a check has ended. */
const DRAIN_MS = 2000

/** A check that takes longer hangs. */
const LIMIT_MS = 30 * 60_000
const FAULTS_LIMIT_MS = 15 * 60_000

let running

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    endGroup(running)
    process.exit(1)
  })
}

const checks = [
  await run(['test'], LIMIT_MS),
  await run(['run', 'lint'], LIMIT_MS),
  await run(['run', 'check-package'], LIMIT_MS),
  await run(['run', 'test:next'], LIMIT_MS),
  // Last, because it takes the longest, and what it says in the end should stay in sight.
  await run(['run', 'test:faults'], FAULTS_LIMIT_MS),
]

const total = { passed: 0, failed: 0, skipped: 0 }
for (const check of checks) {
  const { passed, failed, skipped } = countsOf(check)
  total.passed += passed
  total.failed += failed
  total.skipped += skipped
}

console.log()
for (const { name, ok, ms } of checks) console.log(`${ok ? 'ok    ' : 'FAILED'}  ${name} (${Math.round(ms / 1000)} s)`)
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
process.exitCode = total.failed === 0 ? 0 : 1

/** What a check's own closing line says; one that has none counts where it failed. */
function countsOf({ ok, lastLine }) {
  const [passed = 0, failed = 0, skipped = 0] = CLOSING_LINE.exec(lastLine)?.slice(1).map(Number) ?? []
  return { passed, failed: Math.max(failed, ok ? 0 : 1), skipped }
}

/** Runs `npm <args>`, showing what it prints, and ends whatever it leaves behind. */
async function run(args, limitMs) {
  const startedAt = performance.now()
  const name = `npm ${args.join(' ')}`
  console.log(`\n> ${name}`)
  const child = spawn('npm', args, {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: { ...process.env, CI: 'true' },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, so that the whole of it can be ended.
    detached: process.platform !== 'win32',
    shell: process.platform === 'win32',
  })
  running = child
  const limit = setTimeout(() => {
    console.error(`${name} was ended: it took longer than ${limitMs / 60_000} minutes.`)
    endGroup(child)
  }, limitMs)

  let tail = ''
  child.stdout.on('data', (chunk) => {
    process.stdout.write(chunk)
    tail = (tail + chunk).slice(-1000)
  })
  child.stderr.on('data', (chunk) => process.stderr.write(chunk))

  const closed = new Promise((resolve) => child.once('close', resolve))
  const ok = await new Promise((resolve) => {
    child.once('error', (error) => {
      console.error(`${name} could not be started: ${error.message}`)
      resolve(false)
    })
    child.once('exit', (code) => resolve(code === 0))
  })
  clearTimeout(limit)
  endGroup(child)
  await Promise.race([closed, sleep(DRAIN_MS, undefined, { ref: false })])
  child.stdout.destroy()
  child.stderr.destroy()
  running = undefined
  return { name, ok, ms: performance.now() - startedAt, lastLine: tail.trimEnd().split('\n').at(-1) ?? '' }
}

function endGroup(child) {
  if (!child?.pid || process.platform === 'win32') return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // Nothing was left.
  }
}
