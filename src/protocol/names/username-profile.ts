/**
 * RFC 8265's UsernameCaseMapped profile of PRECIS: how a name is brought to its one form, and what such a name may be
 * made of (RFC 8264's IdentifierClass, RFC 5893's Bidi rule). The properties of characters are those of the platform.
 * Lengths and the characters that the store forbids are the name rule's.
 */

/** Fullwidth and halfwidth forms, and the ideographic space (RFC 8264, 5.2.1). */
const WIDE = /[\u3000\uff01-\uffee]/g;

/** Width, case, normal form, in the order of the profile. Never shorter than NFC alone in UTF-16. */
export function caseMapped(name: string): string {
  return name
    .replace(WIDE, (wide) => wide.normalize('NFKC'))
    .toLowerCase()
    .normalize('NFC');
}

/** What is wrong with a name that is not empty, to complete "the name …: "; undefined for one of the profile. */
export function profileFault(name: string): string | undefined {
  if (caseMapped(name) !== name) return 'it is not in the form of the profile: lower case, no wide forms, NFC';
  const points = [...name];
  if (!points.every((point, at) => isAllowed(point, points, at))) return 'it may be made of letters and digits only';
  if (RIGHT_TO_LEFT.test(name) && !followsBidiRule(points.map(bidiClass))) return 'it mixes directions of writing';
  return undefined;
}

// RFC 8264, 9.6, where what decides is not the general rule. `ß` and `ς` are allowed by that one as well.
const EXTRA = /[\u06fd\u06fe\u0f0b\u3007]/u;
const NEVER = /[\u0640\u07fa\u3031-\u3035\u303b]|\u302e|\u302f/u;
/** Conjoining parts of old Hangul (9.9), and what has no shape of its own (9.13). */
const NO_IDENTIFIER = /[\u1100-\u11ff\ua960-\ua97c\ud7b0-\ud7c6\ud7cb-\ud7fb\p{Default_Ignorable_Code_Point}\p{Cn}]/u;
const LETTER_OR_DIGIT = /[\p{Ll}\p{Lu}\p{Lo}\p{Nd}\p{Lm}\p{Mn}\p{Mc}]/u;
const ASCII = /[!-~]/;

/** RFC 8264, section 8, in its order. */
function isAllowed(point: string, points: readonly string[], at: number): boolean {
  if (EXTRA.test(point)) return true;
  if (NEVER.test(point)) return false;
  const context = contextRule(point, points, at);
  if (context !== undefined) return context;
  if (ASCII.test(point)) return true;
  if (NO_IDENTIFIER.test(point) || point.normalize('NFKC') !== point) return false;
  return LETTER_OR_DIGIT.test(point);
}

const ARABIC_DIGIT = /[\u0660-\u0669]/;
const EXTENDED_ARABIC_DIGIT = /[\u06f0-\u06f9]/;

/** Whether a character may stand where it does (RFC 5892, appendix A); undefined for those that may anywhere. */
function contextRule(point: string, points: readonly string[], at: number): boolean | undefined {
  const [before = '', after = ''] = [points[at - 1], points[at + 1]];
  switch (point) {
    case '\u200c':
    case '\u200d':
      return isJoinerSeen(points, at);
    case '\u00b7':
      return before === 'l' && after === 'l';
    case '\u0375':
      return /\p{Script=Greek}/u.test(after);
    case '\u05f3':
    case '\u05f4':
      return /\p{Script=Hebrew}/u.test(before);
    case '\u30fb':
      return points.some((other) => /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u.test(other));
    default:
  }
  if (ARABIC_DIGIT.test(point)) return !points.some((other) => EXTENDED_ARABIC_DIGIT.test(other));
  if (EXTENDED_ARABIC_DIGIT.test(point)) return !points.some((other) => ARABIC_DIGIT.test(other));
  return undefined;
}

/** Letters of the Arabic block that join to the one behind them (Unicode's ArabicShaping); other blocks are left out. */
const JOINS =
  /[\u0620\u0626\u0628\u062a-\u062e\u0633-\u063f\u0641-\u0647\u0649\u064a\u066e\u066f\u0678-\u0687\u069a-\u06bf\u06c1\u06c2\u06cc\u06ce\u06d0\u06d1\u06fa-\u06fc\u06ff]/;
const IS_JOINED = /^(?=\p{Script=Arabic})(?![\u0621\u0640\u0674])\p{Lo}$/u;

/** Whether a joiner or non-joiner changes what is seen, so that it may stand there: RFC 5892, A.1 and A.2. */
export function isJoinerSeen(points: readonly string[], at: number): boolean {
  if (isVirama(points[at - 1] ?? '')) return true;
  if (points[at] !== '\u200c') return false;
  const isLetter = (point: string): boolean => !/^\p{Mn}$/u.test(point);
  const before = points.slice(0, at).findLast(isLetter) ?? '';
  const after = points.slice(at + 1).find(isLetter) ?? '';
  return JOINS.test(before) && IS_JOINED.test(after);
}

/** Its combining class is 9: the platform's normal form puts it behind a mark of class 8, and before one of class 10. */
function isVirama(mark: string): boolean {
  const [class8, class10] = ['\u3099', '\u05b0'];
  if (!/^\p{M}$/u.test(mark)) return false;
  return `${mark}${class8}`.normalize('NFD').endsWith(mark) && `${class10}${mark}`.normalize('NFD').startsWith(mark);
}

/** Where the scripts are that run from right to left (Unicode's DerivedBidiClass, blocks). */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
const ARABIC_NUMBER = /[\u0660-\u0669\u{10d30}-\u{10d39}]/u;
const EUROPEAN_NUMBER = /[0-9\u06f0-\u06f9]/;

type BidiClass = 'L' | 'R' | 'AN' | 'EN' | 'NSM' | 'neutral';

/** Of what the profile allows; `R` stands for AL, too, and ES, CS, ET and ON need not be told apart, nor from joiners (BN). */
function bidiClass(point: string): BidiClass {
  if (point === '\u200c' || point === '\u200d') return 'neutral';
  if (/\p{Mn}/u.test(point)) return 'NSM';
  if (ARABIC_NUMBER.test(point)) return 'AN';
  if (EUROPEAN_NUMBER.test(point)) return 'EN';
  if (RIGHT_TO_LEFT.test(point)) return 'R';
  return /[!-/:-@[-`{-~\u00b7\u0375\u30fb]/.test(point) ? 'neutral' : 'L';
}

/** RFC 5893, section 2; it asks nothing of a name without anything that runs from right to left. */
function followsBidiRule(classes: readonly BidiClass[]): boolean {
  if (!classes.includes('R') && !classes.includes('AN')) return true;
  // A name that begins otherwise runs from left to right, with a part that does not.
  if (classes[0] !== 'R' || classes.includes('L')) return false;
  if (classes.includes('AN') && classes.includes('EN')) return false;
  const last = classes.findLast((one) => one !== 'NSM');
  return last === 'R' || last === 'EN' || last === 'AN';
}
