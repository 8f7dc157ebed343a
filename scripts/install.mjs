// Installs what package-lock.json asks for when it is not installed yet, so that `npm start` and
// `npm test` are the only commands a newcomer needs. Runs on whatever Node the machine has; the
// scripts that follow run on the Node that the root package pins. Given a folder, such as `bench`,
// it does the same there.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = process.argv[2]
const root = fileURLToPath(new URL(folder ? `../${folder}/` : '..', import.meta.url))

if (!isInstalled()) {
  console.log(`Installing dependencies${folder ? ` of ${folder}` : ''} (once; takes about half a minute) ...`)
  const { status, error } = npm(existsSync(`${root}package-lock.json`) ? 'ci' : 'install')
  if (status !== 0) {
    const reason = error ? ` (${error.message})` : ''
    console.error(`Installing failed${reason}. Check that the npm registry can be reached, then try again.`)
    process.exit(status ?? 1)
  }
}

/**
 * npm writes its own record of what it installed as its last step, so an installation that was
 * interrupted has none, and one that is older than package-lock.json differs from it.
 */
function isInstalled() {
  const wanted = packagesOf('package-lock.json')
  const installed = packagesOf('node_modules/.package-lock.json')
  if (!wanted || !installed || !existsSync(`${root}node_modules`)) return false
  if (wanted['node_modules/node'] && !existsSync(`${root}node_modules/node/bin`)) return false
  const agrees = (path) => installed[path]?.version === wanted[path]?.version
  const isNeeded = (path) => !wanted[path].optional
  return Object.keys(installed).every(agrees) && Object.keys(wanted).filter(isNeeded).every(agrees)
}

/** What a lock file lists under `node_modules`; `undefined` where it is missing or cut short. */
function packagesOf(lockFile) {
  try {
    const { packages } = JSON.parse(readFileSync(`${root}${lockFile}`, 'utf8'))
    return Object.fromEntries(Object.entries(packages).filter(([path]) => path.startsWith('node_modules/')))
  } catch {
    return undefined
  }
}

/** The npm that runs this script, on its own Node: the pinned one is about to be replaced. */
function npm(command) {
  const { npm_execpath: script, npm_node_execpath: node } = process.env
  const isNpm = script?.endsWith('npm-cli.js')
  const [file, ...args] = isNpm ? [node ?? process.execPath, script] : ['npm']
  return spawnSync(file, [...args, command, '--loglevel=error', '--no-audit', '--no-fund'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: !isNpm && process.platform === 'win32',
  })
}
