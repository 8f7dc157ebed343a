import { Alert, Button, Group, Modal, Stack } from '@mantine/core'
import { type FormEvent, type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { messageOf } from '../api/client.ts'

interface ActionDialogProps {
  title: string
  /** What the button says that does it. */
  submit: string
  isDangerous?: boolean
  isReady?: boolean
  /** Closes the dialog when it is done; what it throws is shown, and the dialog stays. */
  onSubmit: () => Promise<unknown>
  onClose: () => void
  children: ReactNode
}

/** Says what will happen, and does it once it is confirmed. */
export function ActionDialog({
  title,
  submit,
  isDangerous = false,
  isReady = true,
  onSubmit,
  onClose,
  children,
}: ActionDialogProps) {
  const { t } = useTranslation()
  const [problem, setProblem] = useState<string | null>(null)
  const [isBusy, setBusy] = useState(false)

  const act = async (event: FormEvent) => {
    event.preventDefault()
    setBusy(true)
    setProblem(null)
    try {
      await onSubmit()
      onClose()
    } catch (error) {
      setProblem(messageOf(error))
      setBusy(false)
    }
  }

  return (
    <Modal opened onClose={onClose} title={title} closeButtonProps={{ 'aria-label': t('close') }}>
      <Stack component="form" gap="sm" onSubmit={act}>
        {children}
        {problem !== null && (
          <Alert color="red" variant="light" p="xs" role="alert">
            {problem}
          </Alert>
        )}
        <Group justify="flex-end" gap="xs" mt={4}>
          <Button variant="default" onClick={onClose}>
            {t('action.cancel')}
          </Button>
          <Button type="submit" loading={isBusy} disabled={!isReady} {...(isDangerous && { color: 'red' })}>
            {submit}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
