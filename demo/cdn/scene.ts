/** The shell: unpacked by Draco's WebAssembly, drawn by three.js, turned by the pointer and slowly by itself. */
import * as three from 'three'
import DracoDecoderModule from 'three/examples/jsm/libs/draco/draco_wasm_wrapper.js'

export interface SceneParts {
  readonly canvas: HTMLCanvasElement
  readonly wasm: ArrayBuffer
  readonly shell: ArrayBuffer
  /** It turns by itself. */
  readonly isMoving: boolean
}

const TURN_PER_SECOND = 0.25
const PIXELS_PER_TURN = 420

/** @throws where there is no WebGL */
export async function startScene({
  canvas,
  wasm,
  shell,
  isMoving,
}: SceneParts): Promise<{ readonly triangles: number }> {
  // Asked for here, for three.js complains in the console where there is none.
  const context = canvas.getContext('webgl2', { antialias: true, alpha: true, powerPreference: 'low-power' })
  if (context === null) throw new Error('This browser has no WebGL.')
  const renderer = new three.WebGLRenderer({ canvas, context })
  const geometry = await unpack(wasm, shell)
  const material = new three.MeshPhysicalMaterial({
    vertexColors: true,
    roughness: 0.38,
    clearcoat: 0.7,
    clearcoatRoughness: 0.25,
    side: three.DoubleSide,
  })
  const mesh = new three.Mesh(geometry, material)
  const stand = new three.Group()
  stand.add(mesh)
  stand.rotation.set(-0.5, 0, -0.62)
  const world = new three.Scene()
  world.add(stand, new three.HemisphereLight(0xdff4ff, 0x35586a, 1.5))
  const sun = new three.DirectionalLight(0xfff0da, 2.6)
  sun.position.set(2, 3, 4)
  const rim = new three.DirectionalLight(0x58c4ff, 2)
  rim.position.set(-4, 1, -3)
  world.add(sun, rim)
  const camera = new three.PerspectiveCamera(32, 1, 0.1, 20)
  camera.position.z = 4.6

  let turn = 0.6
  let last = 0
  let isSeen = true
  let asked = 0

  const draw = (now: number): void => {
    asked = 0
    const { clientWidth, clientHeight } = canvas
    renderer.setPixelRatio(Math.min(2, devicePixelRatio))
    renderer.setSize(clientWidth, clientHeight, false)
    camera.aspect = clientWidth / Math.max(1, clientHeight)
    camera.updateProjectionMatrix()
    if (isMoving && last > 0) turn += (Math.min(100, now - last) / 1000) * TURN_PER_SECOND
    last = now
    mesh.rotation.y = turn
    renderer.render(world, camera)
    if (isMoving && isSeen) ask()
  }
  const ask = (): void => {
    if (asked === 0) asked = requestAnimationFrame(draw)
  }

  canvas.addEventListener('pointerdown', event => canvas.setPointerCapture(event.pointerId))
  canvas.addEventListener('pointermove', event => {
    if (!canvas.hasPointerCapture(event.pointerId)) return
    turn += (event.movementX / PIXELS_PER_TURN) * 2 * Math.PI
    ask()
  })
  canvas.addEventListener('keydown', ({ key }) => {
    if (key !== 'ArrowLeft' && key !== 'ArrowRight') return
    turn += key === 'ArrowLeft' ? -0.2 : 0.2
    ask()
  })
  new ResizeObserver(ask).observe(canvas)
  new IntersectionObserver(([entry]) => {
    isSeen = entry?.isIntersecting ?? true
    last = 0
    ask()
  }).observe(canvas)
  ask()
  return { triangles: geometry.index.count / 3 }
}

async function unpack(wasm: ArrayBuffer, bytes: ArrayBuffer) {
  const draco = await DracoDecoderModule({ wasmBinary: wasm })
  const decoder = new draco.Decoder()
  const packed = new Int8Array(bytes)
  const mesh = new draco.Mesh()
  const status = decoder.DecodeArrayToMesh(packed, packed.byteLength, mesh)
  if (!status.ok()) throw new Error(status.error_msg())
  const count = mesh.num_points() * 3
  const floats = (kind: number): Float32Array => {
    const attribute = decoder.GetAttribute(mesh, decoder.GetAttributeId(mesh, kind))
    const size = count * Float32Array.BYTES_PER_ELEMENT
    const at = draco._malloc(size)
    decoder.GetAttributeDataArrayForAllPoints(mesh, attribute, draco.DT_FLOAT32, size, at)
    const values = new Float32Array(draco.HEAPF32.buffer, at, count).slice()
    draco._free(at)
    return values
  }
  const indexBytes = mesh.num_faces() * 3 * Uint32Array.BYTES_PER_ELEMENT
  const at = draco._malloc(indexBytes)
  decoder.GetTrianglesUInt32Array(mesh, indexBytes, at)
  const index = new Uint32Array(draco.HEAPU32.buffer, at, mesh.num_faces() * 3).slice()
  draco._free(at)
  const geometry = new three.BufferGeometry()
  geometry.setIndex(new three.BufferAttribute(index, 1))
  geometry.setAttribute('position', new three.BufferAttribute(floats(draco.POSITION), 3))
  geometry.setAttribute('color', new three.BufferAttribute(linear(floats(draco.COLOR)), 3))
  geometry.computeVertexNormals()
  geometry.center()
  return geometry
}

/** Colours were written as bytes for screens; light is added up in linear values. */
function linear(colours: Float32Array): Float32Array {
  const scale = colours.some(value => value > 1) ? 255 : 1
  return colours.map(value => ((value / scale + 0.055) / 1.055) ** 2.4)
}
