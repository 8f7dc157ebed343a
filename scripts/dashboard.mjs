// Builds the dashboard into the package that serves it, when its sources have changed since the last
// time, so that `npm start` and `npm test` find it in a fresh clone. Takes a few seconds, and no network.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const SOURCES = [
  'package-lock.json',
  'packages/dashboard/{index.html,package.json,vite.config.ts}',
  'packages/dashboard/src/**/*.{ts,tsx,css,json}',
  'packages/backbeat/src/{api-client,job}/**/*.ts',
]

const root = fileURLToPath(new URL('..', import.meta.url))
const page = `${root}packages/backbeat/dist/dashboard/index.html`
const stamp = `${root}packages/backbeat/dist/dashboard.tsbuildinfo`
const wanted = fingerprint()

if (!existsSync(page) || !existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  console.log('Building the dashboard ...')
  const vite = fileURLToPath(new URL('../node_modules/vite/bin/vite.js', import.meta.url))
  const args = [vite, 'build', '--logLevel', 'warn', '--config', `${root}packages/dashboard/vite.config.ts`]
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
  writeFileSync(stamp, wanted)
}

function fingerprint() {
  const hash = createHash('sha256')
  for (const path of globSync(SOURCES, { cwd: root }).sort()) hash.update(path).update(readFileSync(`${root}${path}`))
  return hash.digest('hex')
}
