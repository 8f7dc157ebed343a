// Runs the tests of integrations/next with the real Next, which is installed there and nowhere else.
// Where it cannot be installed, says so and counts as one that was skipped; a lock file that does not
// fit is no reason to skip.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const cwd = fileURLToPath(new URL('..', import.meta.url))
const isWindows = process.platform === 'win32'

const install = spawnSync(process.execPath, ['scripts/install.mjs', 'integrations/next'], {
  cwd,
  stdio: ['ignore', 'inherit', 'pipe'],
  encoding: 'utf8',
})
process.stderr.write(install.stderr ?? '')

if (install.stderr?.includes('EUSAGE')) {
  process.exitCode = 1
} else if (install.status !== 0) {
  console.log('Skipped: Next could not be installed, so that the API was not mounted in it.')
  console.log('0 passed, 0 failed, 1 skipped')
} else {
  // The package as it is published: Next loads no TypeScript from node_modules.
  process.exitCode = npm(['run', '-s', 'build']) || npm(['exec', '--', 'vitest', 'run', '--root', 'integrations/next'])
}

function npm(args) {
  return run('npm', args, isWindows)
}

function run(file, args, shell = false) {
  return spawnSync(file, args, { cwd, stdio: 'inherit', shell }).status ?? 1
}
