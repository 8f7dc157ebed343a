import { Button, Group, SegmentedControl, Title } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { JobDetail } from 'backbeat/client'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, take } from '../api/client.ts'
import { Dot } from '../ui/status.tsx'
import { Ago } from '../ui/time.tsx'

const STEP = 50

/** What became of each item. */
export function JobItems({ job }: { job: JobDetail }) {
  const { t, i18n } = useTranslation()
  const { items } = job.details
  const [chosen, setChosen] = useState<'all' | 'failed' | null>(null)
  const [count, setCount] = useState(STEP)
  const shown = chosen ?? (items.failed > 0 ? 'failed' : 'all')
  const { data = [] } = useQuery({
    // Below the job's own key, so that both are read again together.
    queryKey: ['job', job.id, 'items', shown, count],
    queryFn: ({ signal }) =>
      take(client.items(job.id, { ...(shown === 'failed' && { status: 'failed' }), limit: STEP }, { signal }), count),
    enabled: items.processed > 0,
    placeholderData: keepPreviousData,
  })
  if (items.total === 0 && items.processed === 0) return null
  const number = new Intl.NumberFormat(i18n.language)
  const more = shown === 'failed' ? items.failed : items.processed
  return (
    <section className="panel">
      <Group
        component="div"
        justify="space-between"
        px={14}
        py={8}
        style={{ borderBottom: '1px solid var(--bb-line)' }}
      >
        <Group gap="sm">
          <Title order={2}>{t('job.items')}</Title>
          <span className="muted" style={{ fontSize: '0.8125rem' }}>
            {t('job.itemCounts', {
              successful: number.format(items.successful),
              failed: number.format(items.failed),
              total: number.format(items.total),
            })}
          </span>
        </Group>
        <SegmentedControl
          size="xs"
          value={shown}
          onChange={(value) => setChosen(value as 'all' | 'failed')}
          aria-label={t('job.itemsShown')}
          data={[
            { value: 'failed', label: t('job.failedOnly') },
            { value: 'all', label: t('job.allItems') },
          ]}
        />
      </Group>
      {data.length === 0 ? (
        <div className="code muted">{t(shown === 'failed' ? 'job.noFailedItems' : 'job.noItems')}</div>
      ) : (
        <div className="scrolls" tabIndex={0} role="region" aria-label={t('job.items')}>
          <table className="data">
            <thead>
              <tr>
                <th scope="col">{t('columns.status')}</th>
                <th scope="col">{t('columns.key')}</th>
                <th scope="col">{t('columns.error')}</th>
                <th scope="col" className="right">
                  {t('columns.attempts')}
                </th>
                <th scope="col" className="right">
                  {t('columns.when')}
                </th>
              </tr>
            </thead>
            <tbody>
              {data.map((item) => (
                <tr key={item.key}>
                  <td>
                    <span className="status">
                      <Dot tone={item.status === 'failed' ? 'red' : 'green'} />
                      {t(`item.${item.status}`)}
                    </span>
                  </td>
                  <td className="mono" style={{ overflowWrap: 'anywhere', minWidth: 100 }}>
                    {item.key}
                  </td>
                  <td style={{ minWidth: 200 }}>{item.error_message}</td>
                  <td className="right">{item.attempts}</td>
                  <td className="right" style={{ whiteSpace: 'nowrap' }}>
                    <Ago at={item.at} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {data.length >= count && more > count && (
        <Group p="xs" justify="center">
          <Button variant="default" onClick={() => setCount(count + STEP * 2)}>
            {t('more')}
          </Button>
        </Group>
      )}
    </section>
  )
}
