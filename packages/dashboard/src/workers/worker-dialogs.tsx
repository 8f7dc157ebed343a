import { Button, NumberInput, Text } from '@mantine/core'
import type { Worker } from 'backbeat/client'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client } from '../api/client.ts'
import { ActionDialog } from '../ui/action-dialog.tsx'

const MOST_SLOTS = 10_000

interface WorkerDialogProps {
  worker: Worker
  onClose: () => void
  onDone: (message: string) => void
}

export function StopDialog({ worker, onClose, onDone }: WorkerDialogProps) {
  const { t } = useTranslation()
  return (
    <ActionDialog
      title={t('workers.stopTitle', { worker: worker.name })}
      submit={t('workers.doStop')}
      isDangerous
      onClose={onClose}
      onSubmit={async () => {
        await client.stopWorker(worker.name)
        onDone(t('workers.stop_done', { worker: worker.name }))
      }}
    >
      <Text size="sm">{t('workers.stopHint')}</Text>
    </ActionDialog>
  )
}

export function ResizeDialog({ worker, onClose, onDone }: WorkerDialogProps) {
  const { t } = useTranslation()
  const [slots, setSlots] = useState<number | string>(worker.wanted_slots ?? worker.slots)
  return (
    <ActionDialog
      title={t('workers.resizeTitle', { worker: worker.name })}
      submit={t('workers.doResize')}
      isReady={slots === '' || Number(slots) >= 1}
      onClose={onClose}
      onSubmit={async () => {
        const wanted = slots === '' ? null : Number(slots)
        await client.resizeWorker(worker.name, wanted)
        onDone(
          wanted === null
            ? t('workers.resizeBack_done', { worker: worker.name })
            : t('workers.resize_done', { worker: worker.name, count: wanted }),
        )
      }}
    >
      <NumberInput
        label={t('workers.slots')}
        description={t('workers.resizeHint')}
        min={1}
        max={MOST_SLOTS}
        allowDecimal={false}
        value={slots}
        onChange={setSlots}
        data-autofocus
      />
      {worker.wanted_slots !== null && (
        <div>
          <Button variant="subtle" color="gray" size="compact-xs" onClick={() => setSlots('')}>
            {t('workers.asStarted')}
          </Button>
        </div>
      )}
    </ActionDialog>
  )
}
