import { Group, Title } from '@mantine/core'
import type { JobDetail } from 'backbeat/client'
import { useTranslation } from 'react-i18next'
import { Copy } from '../ui/copy.tsx'

const SHOWN_WARNINGS = 20

/** What went wrong, with the trace, and what was worth a warning. */
export function JobError({ job }: { job: JobDetail }) {
  const { t } = useTranslation()
  const text = [job.error_message, job.traceback].filter((part) => part !== null).join('\n\n')
  return (
    <>
      {job.error_message !== null && (
        <section className="panel">
          <Group component="h2" justify="space-between" wrap="nowrap" className="mantine-Title-root">
            <span style={{ fontSize: '0.9375rem', fontWeight: 600 }} className="red">
              {job.error_type ?? t('job.error')}
            </span>
            <Copy text={text} label={t('job.copyError')} />
          </Group>
          <div style={{ padding: '12px 14px', fontSize: '0.875rem', overflowWrap: 'anywhere' }}>
            {job.error_message}
          </div>
          {job.traceback !== null && (
            <pre className="code muted" style={{ borderTop: '1px solid var(--bb-line)' }} tabIndex={0}>
              {job.traceback}
            </pre>
          )}
        </section>
      )}
      {job.warnings.length > 0 && (
        <section className="panel">
          <Title order={2}>{t('job.warnings', { count: job.warnings.length })}</Title>
          <ul style={{ margin: 0, padding: '10px 14px 12px 30px', fontSize: '0.8125rem' }}>
            {job.warnings.slice(0, SHOWN_WARNINGS).map((warning) => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
        </section>
      )}
    </>
  )
}
