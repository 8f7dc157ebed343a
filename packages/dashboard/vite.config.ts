import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  root: import.meta.dirname,
  // Relative, so that the same files work below any path; the server says how far up they are.
  base: './',
  plugins: [react()],
  resolve: { conditions: ['backbeat-source', 'module', 'browser', 'development|production'] },
  build: {
    outDir: fileURLToPath(new URL('../backbeat/dist/dashboard', import.meta.url)),
    emptyOutDir: true,
    target: 'es2022',
    // An inlined font or image would be refused by the page's policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
})
