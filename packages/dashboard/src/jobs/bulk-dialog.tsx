import { Alert, Button, Group, Modal, Progress, Stack, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { BulkRequest } from 'backbeat/client'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, messageOf } from '../api/client.ts'

/** From so many on, the number has to be typed. */
const MANY = 10

export type BulkTarget = Pick<BulkRequest, 'ids' | 'filter'>

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
  const [told, setTold] = useState<{ done: number; skipped: string[]; isOver: boolean } | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const abort = useRef<AbortController>(null)
  const count = useQuery({
    queryKey: ['bulk', action, target],
    queryFn: ({ signal }) => client.bulk({ action, ...target, dry_run: true }, { signal }),
    staleTime: 0,
    gcTime: 0,
  })
  const matched = count.data?.matched
  const number = matched?.value ?? 0
  const isConfirmed = number > 0 && (number < MANY || typed.trim() === String(number))

  const act = async () => {
    abort.current = new AbortController()
    const { signal } = abort.current
    let done = 0
    const skipped: string[] = []
    setTold({ done, skipped, isOver: false })
    try {
      for await (const part of client.bulkParts({ action, ...target }, { signal })) {
        done += part.done.length
        skipped.push(...part.skipped.map(({ message }) => message))
        setTold({ done, skipped, isOver: false })
      }
    } catch (error) {
      if (!signal.aborted) setProblem(messageOf(error))
    }
    setTold({ done, skipped, isOver: true })
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
              value={told.isOver ? 100 : (told.done / Math.max(1, number)) * 100}
              aria-label={t('bulk.progress')}
            />
            <Text size="sm" role="status">
              {t(`bulk.${action}.done`, { count: told.done })}
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
          <Button variant="default" onClick={close}>
            {told === null ? t('keep') : told.isOver ? t('close') : t('bulk.abort')}
          </Button>
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
