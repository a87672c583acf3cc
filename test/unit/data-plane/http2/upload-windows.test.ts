import {
  SMALL_WINDOW_BYTES,
  WIDE_UPLOADS,
  createUploadWindows,
  mostHeldBytes,
  uploadBegan,
  uploadEnded,
  uploadMoved,
} from '../../../../data-plane/http2/upload-windows.js';

const WIDE = 1_048_576;

describe('windows of uploads', () => {
  it('become wide once a body has filled a small one, and stay so', () => {
    const windows = createUploadWindows(WIDE);
    expect(uploadBegan(windows)).toBeNull();
    expect(uploadMoved(windows, SMALL_WINDOW_BYTES - 1)).toBeNull();
    expect(uploadMoved(windows, 1)).toBe(WIDE);
    expect(uploadMoved(windows, WIDE)).toBeNull();
    uploadEnded(windows);
    expect(uploadBegan(windows)).toBeNull();
  });

  it('become small when more come at once than may be wide, and wide again when few are left', () => {
    const windows = createUploadWindows(WIDE);
    uploadBegan(windows);
    uploadMoved(windows, SMALL_WINDOW_BYTES);
    for (let count = 1; count < WIDE_UPLOADS; count += 1) expect(uploadBegan(windows)).toBeNull();
    expect(uploadBegan(windows)).toBe(SMALL_WINDOW_BYTES);
    expect(uploadMoved(windows, SMALL_WINDOW_BYTES)).toBeNull();
    uploadEnded(windows);
    expect(uploadMoved(windows, 1)).toBe(WIDE);
  });

  it('never become wide where the settings say no more than the small one', () => {
    const windows = createUploadWindows(SMALL_WINDOW_BYTES);
    uploadBegan(windows);
    expect(uploadMoved(windows, 10 * SMALL_WINDOW_BYTES)).toBeNull();
  });

  it('bound what a connection holds', () => {
    expect(mostHeldBytes(createUploadWindows(WIDE), 100)).toBe(8 * WIDE + 100 * SMALL_WINDOW_BYTES);
  });
});
