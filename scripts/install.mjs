// Installs what package-lock.json asks for when it is not installed yet, so that `npm start` and
// `npm test` are the only commands a newcomer needs. Runs on whatever Node the machine has; the
// scripts that follow run on the Node that the root package pins.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const stamp = `${root}node_modules/.installed`
const wanted = createHash('sha256').update(readFileSync(`${root}package-lock.json`)).digest('hex')

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  console.log('Installing dependencies (once; takes about half a minute) ...')
  const npm = process.env.npm_execpath
  const [command, ...args] = npm ? [process.execPath, npm] : ['npm']
  const { status } = spawnSync(command, [...args, 'ci', '--loglevel=error'], {
    cwd: root,
    stdio: 'inherit',
    shell: !npm && process.platform === 'win32',
  })
  if (status !== 0) {
    console.error('Installing failed. Check that the npm registry can be reached, then try again.')
    process.exit(status ?? 1)
  }
  writeFileSync(stamp, wanted)
}
