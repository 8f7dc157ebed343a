// Measures Backbeat side by side with its peers: `npm run bench -- --help`.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Bench } from './bench.ts'
import { CONTENDERS } from './contenders/index.ts'
import { describeMachine } from './machine.ts'
import { MEASURES } from './measures/index.ts'
import { choose, parseOptions } from './options.ts'
import { Figures } from './report/figures.ts'
import { goalsOf } from './report/goals.ts'
import { limitsOf } from './report/limits.ts'
import { backlogPlot, historyPlot } from './report/plot.ts'
import type { Result } from './report/result.ts'
import { reportOf } from './report/table.ts'
import { startServers } from './servers/keeper.ts'

const options = parseOptions(process.argv.slice(2))
if (options.plot !== undefined) drawPlots(resolve(options.plot))
else await runBench()

async function runBench(): Promise<void> {
  const { measures, contenders } = choose(options.only, MEASURES, CONTENDERS)
  const began = Date.now()
  const say = (text: string) => console.error(`${((Date.now() - began) / 1000).toFixed(0).padStart(5)} s  ${text}`)
  const servers = await startServers(options)
  try {
    const machine = await describeMachine(servers)
    const figures = new Figures()
    const bench = new Bench({
      sizes: options.sizes,
      tuning: { ...(options.concurrency !== undefined && { concurrency: options.concurrency }) },
      figures,
      contenders,
      servers,
      onProgress: say,
    })
    for (const measure of measures) await measure.run(bench)
    const measured = new Set(figures.all.map(({ contender }) => contender))
    const result: Result = {
      at: new Date(began).toISOString(),
      machine,
      sizes: options.sizes,
      contenders: contenders
        .filter(({ name }) => measured.has(name))
        .map(({ name, library, contract, settings }) => ({ name, contract, settings: tuned(library, settings) })),
      measures: measures.map(({ name, description }) => ({ name, description })),
      figures: figures.all,
      skipped: bench.skipped,
      goals: goalsOf(figures.all),
      limits: limitsOf(figures.all),
    }
    console.log(reportOf(result))
    if (options.json !== undefined) writeResult(result)
  } finally {
    await servers.stop()
  }
}

/** As the command line has changed them. */
function tuned(library: string, settings: string): string {
  const { concurrency } = options
  if (library !== 'backbeat' || concurrency === undefined) return settings
  return settings.replace('concurrency 500', `concurrency ${concurrency}`)
}

function writeResult(result: Result): void {
  const name = `${result.machine.commit.replaceAll(' ', '-')}.json`
  const file = options.json === true ? join(import.meta.dirname, 'results', name) : resolve(options.json ?? name)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`)
  console.error(`Written: ${file}`)
  drawPlots(file)
}

/** Beside the result: `<name>-backlog.svg` and `<name>-history.svg`, where it has what they show. */
function drawPlots(file: string): void {
  const { figures } = JSON.parse(readFileSync(file, 'utf8')) as Result
  for (const [kind, svg] of [
    ['backlog', backlogPlot(figures)],
    ['history', historyPlot(figures)],
  ] as const) {
    const target = `${file.replace(/\.json$/, '')}-${kind}.svg`
    if (svg === undefined) continue
    writeFileSync(target, svg)
    console.error(`Written: ${target}`)
  }
}
