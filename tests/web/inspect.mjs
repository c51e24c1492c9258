// Questions to ask of any page: does it keep to itself, does it fit, has everything a name, can everything be read?

/** Notes everything a page must never do. Expected failures of requests are named by their status. */
export async function watch(page, origin, { statuses = [] } = {}) {
  const problems = [];
  const expected = new RegExp(`status of (${['401', ...statuses].join('|')})`);
  page.on('console', (message) => {
    const offline = statuses.includes('offline') && /ERR_INTERNET_DISCONNECTED/.test(message.text());
    if (['error', 'warning'].includes(message.type()) && !expected.test(message.text()) && !offline) problems.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => problems.push(`exception: ${error}`));
  page.on('dialog', (dialog) => {
    problems.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(`${origin}/`) && !url.startsWith(`blob:${origin}/`)) problems.push(`request to another host: ${url}`);
  });
  await page.exposeFunction('noteViolation', (text) => problems.push(`policy violated: ${text}`));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => globalThis.noteViolation(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
  });
  return problems;
}

/** Resolves when nothing is being loaded any more. */
export const settled = (page) => page.waitForFunction(() => document.querySelector('main h1, main h2') && !document.querySelector('[aria-busy=true], .bone'));

/** Pixels by which the page is wider than its window. */
export const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

const NAMED = new Set(['button', 'link', 'textbox', 'combobox', 'tab', 'menuitem', 'menuitemradio', 'radio', 'image', 'heading', 'table', 'navigation', 'searchbox', 'dialog', 'tablist', 'tabpanel']);

/** What a screen reader would announce without a name. */
export async function unnamed(page) {
  const client = await page.context().newCDPSession(page);
  const { nodes } = await client.send('Accessibility.getFullAXTree');
  await client.detach();
  return nodes
    .filter((node) => !node.ignored && NAMED.has(node.role?.value) && !node.name?.value?.trim())
    .map((node) => node.role.value);
}

/** Texts whose contrast is below WCAG AA, as "ratio text". */
export function lowContrast(page) {
  return page.evaluate(() => {
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const rgba = (color) => {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = color;
      canvas.fillRect(0, 0, 1, 1);
      return canvas.getImageData(0, 0, 1, 1).data;
    };
    const luminance = ([r, g, b]) => {
      const [x, y, z] = [r, g, b].map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
      return 0.2126 * x + 0.7152 * y + 0.0722 * z;
    };
    const behind = (element) => {
      for (let at = element; at; at = at.parentElement) {
        const color = rgba(getComputedStyle(at).backgroundColor);
        if (color[3] > 250) return color;
      }
      return [255, 255, 255, 255];
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = new Set();
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement;
      if (!node.data.trim() || !element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
      if (element.closest('.visually-hidden, svg, :disabled, noscript')) continue;
      const style = getComputedStyle(element);
      const [a, b] = [luminance(rgba(style.color)), luminance(behind(element))].sort((x, y) => y - x);
      const ratio = (a + 0.05) / (b + 0.05);
      const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700);
      if (ratio < (large ? 3 : 4.5)) found.add(`${ratio.toFixed(2)} ${node.data.trim().slice(0, 40)}`);
    }
    return [...found];
  });
}
