import { memoryStore } from '../../src/store/memory.ts'
import { storeContract } from './store.ts'

storeContract({
  name: 'memory',
  isLasting: false,
  isKeyed: true,
  keepsSources: true,
  async place(options) {
    return { store: () => memoryStore(options), async remove() {} }
  },
})
