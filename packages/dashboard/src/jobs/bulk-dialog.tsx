import { Alert, Button, Group, Modal, Progress, Stack, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { BulkRequest } from 'backbeat/client'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { messageOf } from '../api/client.ts'
import { type BulkTarget, countBulk, doBulk } from './bulk-parts.ts'

/** From so many on, the number has to be typed. */
const MANY = 10

/** What has been done so far. */
interface Told {
  done: number
  skipped: string[]
  isOver: boolean
  isStopped: boolean
}

interface BulkDialogProps {
  action: BulkRequest['action']
  target: BulkTarget
  onClose: () => void
  onDone: () => void
}

/** Says how many jobs an action is for, asks, and shows how far it is. It can be ended in between. */
export function BulkDialog({ action, target, onClose, onDone }: BulkDialogProps) {
  const { t } = useTranslation()
  const [typed, setTyped] = useState('')
  const [told, setTold] = useState<Told | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const abort = useRef<AbortController>(null)
  const count = useQuery({
    queryKey: ['bulk', action, target],
    queryFn: ({ signal }) => countBulk(action, target, signal),
    staleTime: 0,
    gcTime: 0,
  })
  const matched = count.data
  const number = matched?.value ?? 0
  const isConfirmed = number > 0 && (number < MANY || typed.trim() === String(number))

  const act = async () => {
    abort.current = new AbortController()
    const { signal } = abort.current
    let done = 0
    const skipped: string[] = []
    const tell = (isOver: boolean) => setTold({ done, skipped, isOver, isStopped: signal.aborted })
    tell(false)
    try {
      for await (const part of doBulk(action, target, signal)) {
        done += part.done.length
        skipped.push(...part.skipped.map(({ message }) => message))
        tell(false)
      }
    } catch (error) {
      if (!signal.aborted) setProblem(messageOf(error))
    }
    tell(true)
    onDone()
  }

  const close = () => {
    abort.current?.abort()
    onClose()
  }

  return (
    <Modal opened onClose={close} title={t(`bulk.${action}.title`)} closeButtonProps={{ 'aria-label': t('close') }}>
      <Stack gap="sm">
        {told === null ? (
          <>
            <Text size="sm">
              {count.isPending
                ? t('bulk.counting')
                : t(`bulk.${action}.body`, { count: number, about: matched?.is_exact === false ? '~' : '' })}
            </Text>
            {count.error && <Alert color="red">{messageOf(count.error)}</Alert>}
            {number >= MANY && (
              <TextInput
                label={t('bulk.type', { count: number })}
                value={typed}
                onChange={(event) => setTyped(event.currentTarget.value)}
                inputMode="numeric"
                data-autofocus
              />
            )}
          </>
        ) : (
          <>
            <Progress
              value={told.isOver && !told.isStopped ? 100 : (told.done / Math.max(1, number)) * 100}
              aria-label={t('bulk.progress')}
            />
            <Text size="sm" role="status">
              {t(`bulk.${action}.done`, { count: told.done })}
              {told.isStopped && ` ${t('bulk.stopped')}`}
              {told.skipped.length > 0 && ` ${t('bulk.skipped', { count: told.skipped.length })}`}
            </Text>
            {told.skipped[0] && (
              <Text size="xs" c="dimmed">
                {told.skipped[0]}
              </Text>
            )}
          </>
        )}
        {problem !== null && <Alert color="red">{problem}</Alert>}
        <Group justify="flex-end" gap="xs">
          {told !== null && !told.isOver ? (
            <Button variant="default" onClick={() => abort.current?.abort()}>
              {t('bulk.abort')}
            </Button>
          ) : (
            <Button variant="default" onClick={close}>
              {told === null ? t('keep') : t('close')}
            </Button>
          )}
          {told === null && (
            <Button {...(action === 'cancel' && { color: 'red' })} disabled={!isConfirmed} onClick={() => void act()}>
              {t(`bulk.${action}.submit`, { count: number })}
            </Button>
          )}
        </Group>
      </Stack>
    </Modal>
  )
}
