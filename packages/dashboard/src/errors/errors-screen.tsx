import { Button } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useLocation } from '@tanstack/react-router'
import type { ErrorGroup } from 'backbeat/client'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, POLL_MS } from '../api/client.ts'
import { BulkDialog } from '../jobs/bulk-dialog.tsx'
import { Screen } from '../ui/screen.tsx'
import { useMayManage } from '../ui/session.tsx'
import { Empty } from '../ui/states.tsx'
import { Table } from '../ui/table.tsx'
import { Ago } from '../ui/time.tsx'

export function ErrorsScreen() {
  const { t } = useTranslation()
  const mayManage = useMayManage()
  const queries = useQueryClient()
  // A link may name a group by its fingerprint.
  const named = useLocation({ select: ({ hash }) => hash })
  const [retried, setRetried] = useState<ErrorGroup | null>(null)
  const query = useQuery({
    queryKey: ['errors'],
    queryFn: ({ signal }) => client.errors({}, { signal }),
    refetchInterval: POLL_MS,
  })
  const headings = [
    { label: t('errors.error') },
    { label: t('errors.task') },
    { label: t('errors.count'), isRight: true },
    { label: t('errors.first'), isRight: true },
    { label: t('errors.last'), isRight: true },
    ...(mayManage ? [{ label: t('workers.actions'), isRight: true }] : []),
  ]
  return (
    <>
      <Screen title={t('pages.errors')} query={query}>
        {({ items, is_exact }) =>
          items.length === 0 ? (
            <Empty title={t('errors.none')}>{t('errors.noneHint')}</Empty>
          ) : (
            <>
              {!is_exact && <p className="muted">{t('errors.partial')}</p>}
              <Table label={t('pages.errors')} headings={headings}>
                {items.map((group) => (
                  <tr
                    key={group.fingerprint}
                    aria-current={group.fingerprint === named || undefined}
                    ref={group.fingerprint === named ? showRow : undefined}
                  >
                    <td style={{ overflowWrap: 'anywhere', minWidth: 220 }}>
                      {group.sample_job_ids[0] ? (
                        <Link to="/jobs/$id" params={{ id: group.sample_job_ids[0] }}>
                          {group.latest_message ?? group.message}
                        </Link>
                      ) : (
                        group.message
                      )}
                      <div className="muted">{group.error_type}</div>
                    </td>
                    <td>
                      <Link to="/jobs" search={{ filter: `status:failed task:${group.task_type}` }}>
                        {group.task_type}
                      </Link>
                    </td>
                    <td className="right">{group.count}</td>
                    <td className="right" style={{ whiteSpace: 'nowrap' }}>
                      <Ago at={group.first_seen_at} />
                    </td>
                    <td className="right" style={{ whiteSpace: 'nowrap' }}>
                      <Ago at={group.last_seen_at} />
                    </td>
                    {mayManage && (
                      <td className="right">
                        <Button size="compact-xs" variant="default" onClick={() => setRetried(group)}>
                          {t('errors.retry')}
                        </Button>
                      </td>
                    )}
                  </tr>
                ))}
              </Table>
            </>
          )
        }
      </Screen>
      {retried && (
        <BulkDialog
          action="retry"
          target={{ filter: { fingerprint: retried.fingerprint } }}
          onClose={() => setRetried(null)}
          onDone={() => void queries.invalidateQueries({ queryKey: ['errors'] })}
        />
      )}
    </>
  )
}

function showRow(row: HTMLElement | null): void {
  row?.scrollIntoView({ block: 'nearest' })
}
