// Builds the dashboard into the package that serves it, when its sources have changed since the last
// time, so that `npm start` and `npm test` find it in a fresh clone. Takes a few seconds, and no network.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const FILES = [
  'package-lock.json',
  'packages/dashboard/index.html',
  'packages/dashboard/package.json',
  'packages/dashboard/vite.config.ts',
]
const FOLDERS = ['packages/dashboard/src', 'packages/backbeat/src/api-client', 'packages/backbeat/src/job']

const root = fileURLToPath(new URL('..', import.meta.url))
const page = `${root}packages/backbeat/dist/dashboard/index.html`
const stamp = `${root}packages/backbeat/dist/dashboard.tsbuildinfo`
const wanted = fingerprint()

if (!existsSync(page) || !existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  console.log('Building the dashboard ...')
  const vite = fileURLToPath(new URL('../node_modules/vite/bin/vite.js', import.meta.url))
  const args = [vite, 'build', '--logLevel', 'warn', '--config', `${root}packages/dashboard/vite.config.ts`]
  const pinned = `${root}node_modules/node/bin/node`
  const { status } = spawnSync(existsSync(pinned) ? pinned : process.execPath, args, { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
  writeFileSync(stamp, wanted)
}

function fingerprint() {
  const hash = createHash('sha256')
  for (const path of [...FILES, ...FOLDERS.flatMap(sourcesIn)].sort()) {
    hash.update(path).update(readFileSync(`${root}${path}`))
  }
  return hash.digest('hex')
}

/** Runs on whatever Node the machine has, and its oldest has no glob. */
function sourcesIn(folder) {
  return readdirSync(`${root}${folder}`, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.includes('.test.'))
    .map((entry) => `${(entry.parentPath ?? entry.path).slice(root.length).replaceAll('\\', '/')}/${entry.name}`)
}
