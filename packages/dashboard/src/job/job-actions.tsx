import { Alert, Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconPlayerStop, IconRefresh } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import type { JobDetail } from 'backbeat/client'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, messageOf } from '../api/client.ts'
import { mountPath } from '../base.ts'
import { Copy } from '../ui/copy.tsx'
import { useMayManage } from '../ui/session.tsx'
import { useKeys } from '../ui/use-keys.ts'
import { curlOf } from './curl.ts'
import { RetryList } from './job-lineage.tsx'
import { JobLink } from './job-link.tsx'
import { Tree } from './tree.tsx'
import { typescriptOf } from './typescript.ts'

type Action = JobDetail['details']['allowed_actions'][number]

const ICONS = { retry: IconRefresh, retry_failed_items: IconRefresh, cancel: IconPlayerStop }

/** What may be done to a job now. Each says what it will do before it does it. */
export function JobActions({ job }: { job: JobDetail }) {
  const { t } = useTranslation()
  const mayManage = useMayManage()
  const [asked, setAsked] = useState<Action | null>(null)
  const api = `${location.origin}${mountPath}`
  const allowed = mayManage ? job.details.allowed_actions : []
  useKeys({
    r: () => setAsked(allowed.find((action) => action !== 'cancel') ?? null),
    c: () => setAsked(allowed.find((action) => action === 'cancel') ?? null),
  })
  return (
    <Group gap={6}>
      <Copy text={curlOf(job, api)} label={t('job.copyCurl')} />
      <Copy text={typescriptOf(job, api)} label={t('job.copyTypeScript')} />
      {allowed.map((action) => {
        const Icon = ICONS[action]
        return (
          <Button
            key={action}
            variant={action === 'cancel' ? 'default' : 'filled'}
            leftSection={<Icon size={14} />}
            onClick={() => setAsked(action)}
          >
            {t(`action.${action}`)}
          </Button>
        )
      })}
      {asked && <ActionDialog job={job} action={asked} onClose={() => setAsked(null)} />}
    </Group>
  )
}

function ActionDialog({ job, action, onClose }: { job: JobDetail; action: Action; onClose: () => void }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const [reason, setReason] = useState('')
  const [problem, setProblem] = useState<string | null>(null)
  const [isBusy, setBusy] = useState(false)

  const act = async () => {
    setBusy(true)
    try {
      if (action === 'cancel') {
        const { status } = await client.cancel(job.id, reason.trim() || undefined)
        notifications.show({ message: t(status === 'cancelled' ? 'job.cancelled' : 'job.cancelRequested') })
        await queries.invalidateQueries({ queryKey: ['job', job.id] })
      } else {
        const retried = await (action === 'retry' ? client.retry(job.id) : client.retryFailedItems(job.id))
        notifications.show({ message: t('job.retried') })
        await queries.invalidateQueries({ queryKey: ['job', job.id] })
        await navigate({ to: '/jobs/$id', params: { id: retried.job_id } })
      }
      onClose()
    } catch (error) {
      setProblem(messageOf(error))
    } finally {
      setBusy(false)
    }
  }

  const { retries } = job.details
  return (
    <Modal opened onClose={onClose} title={t(`action.${action}`)} closeButtonProps={{ 'aria-label': t('close') }}>
      <Stack gap="sm">
        <Text size="sm">
          {t(`dialog.${action === 'cancel' && job.status === 'running' ? 'cancelRunning' : action}`, {
            task: job.task_type,
            count: job.failed_items,
          })}
        </Text>
        {action !== 'cancel' && (
          <div className="panel payload">
            <Tree value={job.input} />
          </div>
        )}
        {action !== 'cancel' && job.retried_from_id !== null && (
          <Text size="sm">
            {t('dialog.retriesAlready')} <JobLink id={job.retried_from_id} />
          </Text>
        )}
        {action !== 'cancel' && retries.length > 0 && (
          <div>
            <Text size="sm">{t('dialog.retriedBefore')}</Text>
            <RetryList retries={retries} />
          </div>
        )}
        {action === 'cancel' && (
          <TextInput
            label={t('dialog.reason')}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
            data-autofocus
          />
        )}
        {problem !== null && (
          <Alert color="red" p="xs" role="alert">
            {problem}
          </Alert>
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {t('keep')}
          </Button>
          <Button {...(action === 'cancel' && { color: 'red' })} loading={isBusy} onClick={() => void act()}>
            {t(`dialog.${action}Submit`, { count: job.failed_items })}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
