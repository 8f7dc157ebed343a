import { Command } from 'commander'
import { loadApp } from './load-app.ts'

/** Says why a job does not run. */
export function explainCommand(): Command {
  return new Command('explain')
    .description('Say why a job does not run, or where it does, or how it ended.')
    .argument('<job_id>', 'the job')
    .option('-a, --app <file>', 'the module that exports what createBackbeat made', './backbeat.ts')
    .helpOption('-h, --help', 'show this help')
    .action(async (jobId: string, { app }: { app: string }) => {
      const backbeat = await loadApp(app)
      try {
        const { reasons } = await (await backbeat.open()).insights.explain(jobId)
        for (const { code, sentence, fix } of reasons)
          console.log(`${[sentence, fix].filter(Boolean).join(' ')} (${code})`)
      } finally {
        await backbeat.close()
      }
    })
}
