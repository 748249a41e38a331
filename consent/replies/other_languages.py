"""A few sure phrases in other languages than the three we read well, and words that a person should look at."""

import re

from consent.replies.pattern import phrases

# ruff: noqa: E501 - one phrase is one line

# Words that make a request or tell of a wrong number alike in many languages.
_VOCABULARY = {
    "delete": "losch* streich* entfern* verwijder* haal haalt ta_bort slett slet poist* usun* smaz* torol* sterg* stearg* cancella*"
    " изтри* видал* удал* διαγρα* sil silin silsin احذف* امسح* حذف תמחק* מחק* हटा* hata hatao মুছ* hapus tanggalin futa",
    "number": "nummer nummern nummeret numer numar numero numeroni numarul numarami numaram nomor nomer nimewo nambari number nomberu"
    " szamom* cislo номер* αριθμο* رقم رقمي شماره نمبر המספר מספר नंबर नम्बर নম্বর எண்",
    "wrong": "falsch* verkeerd* fel feil forkert vaara gresit* salah yanlis maling зла грешен λαθοσ خاطي غلط اشتباه गलत galat ভুল"
    " தவறான பிழையான",
    "message": "sms mesaje mesaj viesteja viestit viesti pesan ujumbe رسايل رسالة הודעות הודעה मैसेज मेसेज संदेश सन्देश एसएमएस message msg"
    " মেসেজ বার্তা செய்தி மெசேஜ் మెసేజ్ సందేశం ಸಂದೇಶ ಮೆಸೇಜ್ സന്ദേശം മെസേജ് મેસેજ ਮੈਸੇਜ ميسج",
    "refuse": "मत बंद बन्द नहीं_चाहिए বন্ধ পাঠাবেন_না அனுப்ப_வேண்டாம் வேண்டாம் పంపవద్దు పంపకండి వద్దు"
    " ಕಳುಹಿಸಬೇಡಿ ಬೇಡ അയക്കരുത് വേണ്ട ન_મોકલો નથી_જોઈતા ਨਾ_ਭੇਜੋ ਬੰਦ مت",
}

# A message that did not come.
NEGATED = phrases(
    """
    не пришл*|приход*|получил*|получаю|дошл*|вижу|могу ~2
    не отрим*|надіишл* ~2
    khong nhan duoc ~2
    nie dostal*|otrzymal*|doszl*|przyszl*|moge ~2
    """
)

REVOKE = phrases(
    """
    keine|nie|nicht [diese|weiteren|mehr|wieder] sms|nachrichten|nachricht|werbung|texte [mehr] !bekommen|erhalten
    keine|nicht mehr sms|nachrichten|schreiben|texten|kontaktieren
    horen|hor|horet sie|auf|doch [auf|damit] [mir|mich|zu|auf|damit] [mir|mich|sms|nachrichten|zu] [zu] [schreiben|schicken|senden|texten|kontaktieren|belastigen]
    schreiben|schicken|senden|kontaktieren|schreib|schick sie|mir|mich|keine [mir|mich|keine|nicht|nichts] [mehr|sms|nicht|keine|nachrichten] mehr|sms|nachrichten
    <nicht abmelden|abbestellen|austragen
    loschen|streichen|entfernen|nehmen sie|mich|meine ~3 nummer|liste|verteiler
    lassen|lass sie|mich [mich] in ruhe
    pare|parem|para|parar|deixe|deixem|chega de|com [me] [mandar|enviar|essas|tantas] [mensagens|mensagem|sms] mandar|enviar|mensagens|mensagem|sms|escrever|ligar|incomodar|perturbar|$
    nao me escreva|escrevam|perturbe|perturbem|incomode|incomodem|contate|contatem
    nao [me] mande|mandem|manda|envie|enviem|mandar|enviar [mais] mais|nada|mensagens|mensagem|sms|isso|$
    me deixa|deixe|deixem em paz
    nao quero|desejo mais|receber|suas|essas|nenhuma [receber|mais|suas|essas] [mais] [mensagens|mensagem|sms|isso|nada]
    nao quero|desejo mais [receber] [suas] mensagens|mensagem|sms
    descadastr*|desinscrev*
    cancelar|cancele|cancelem [a|minha|as|o] inscricao|assinatura|mensagens|sms|envio
    tire|tira|remova|retire|remover|exclua|apague me|meu|o_meu|este|esse [numero|nome|contato] [da|de] [lista|numero|sua|vossa]
    me tira|tire|remove|exclui|retira|descadastre d*
    smett* [di] ~1 scriv*|mand*|inviar*|messaggi|contatt*|disturb*
    basta [con|coi|i] [i|questi|gli] messaggi|sms|messaggio
    non voglio|desidero [piu] [ricevere|i|vostri] [piu|i|vostri|altri] [messaggi|sms|vostri|niente]
    non mi|mandate|inviate|scrivete|contattate [mandate|scrivete|contattate|inviate|disturbate|piu|mandare] [piu|messaggi|sms]
    cancellami|cancellatemi|disiscriv*|rimuovetemi|rimuovimi|toglietemi|toglimi
    lasciatemi|lasciami in pace
    annulla*|cancella* [la|l] ~1 iscrizione|messaggi|sms
    me|nos tirem|removam|retirem|excluam|descadastrem|tirar|remover ~1 da|de|desta lista|cadastro
    parem|chega|cansei ~2 mensagens|mensagem|sms|mandar|enviar
    geen|nooit ~1 berichten|berichtjes|sms|smsjes|smsen|reclame [meer] !ontvangen|gekregen
    stop|stoppen met ~1 sms|berichten|sturen|appen
    schrijf|schrijft|haal|haalt|verwijder|verwijdert mij|me|mijn_nummer ~2 uit|$
    inga|ingen|ikke|ikkje ~1 flere|fler|mer|mere|meir meddelanden|sms|meldinger|beskeder|beskjeder
    sluta|slutt|stop [med] [a|att|at] ~1 skicka|sende|sms*|skriv*
    nie|prosze_nie|przestancie|przestan|prosze_przestac ~1 pis*|wysyl*|przysyl*|sms*|dzwon*
    prosze ~1 wypisac
    wypisz*|wypis*|rezygn*|usun* [z] ~1 list*|sms*|mnie|numer
    не|больше|хватит|перестаньте|прекратите ~2 пиш*|писать|присыл*|отправл*|шлите|слать|звон*|беспок*|смс|сообщени*
    отпиш*|отпис*|удалит* ~1 меня|от|мои|номер
    pa voye|ekri|rele [m] ~2 anko|mesaj|$
    sispann voye|ekri|rele
    retire m|mwen|nimewo
    huwag na|ninyo|nyo|mo ~4 text|mag_text|magtext|mensahe|mag
    dung|xin_dung|ngung|khong nhan|gui|nhan_tin ~2 tin|toi|nua|cho|$
    non scriv*|mandat*|inviat*|contatt*|chiam* ~1 piu|messaggi|sms|$
    nie chce|zycze|potrzebuje|zgadzam|wyrazam ~3 sms*|wiadomosci|zgody|kontakt*
    ^ sair da|desta|dessa lista|grupo
    listeden|abonelikten cik*
    quero|gostaria|desejo [de] sair [da|dessa|desta|do|deste] lista|grupo|cadastro
    ik_wil geen|niet|niets ~2 sms*|berichten|meer|reclame
    jag_vill|vill inte ~2 sms|meddelanden|mer
    لا ترسل*|تراسل*|تكتب*|ترسلوا|تتصل*
    توقف*|اوقف*|الغاء|الغ* ~1 ارسال|الرسايل|رسايل|الاشتراك|اشتراكي
    artik|lutfen ~2 mesaj|sms ~2 gondermeyin|atmayin|istemiyorum
    mesaj|sms|mesajlari atmayin|gondermeyin|istemiyorum
    {message} ~2 {refuse}
    {message} ~2 mat|band|bandh|na|nahi karo|karna|kariye|kijiye|bhej*|chahiye
    {delete} ~2 {number} !de_telefono|del_pedido|dell|ordine
    {number} {delete}
    لا ~1 اريد|نريد {message}
    לא ~2 רוצה|מעוניין ~1 {message}
    אל|לא תשלח*|לשלוח
    nu ~2 vreau|doresc ~2 {message}
    widerruf* ~2 einwilligung|zustimmung
    revoco ~2 consenso
    haal|haalt mij|me van|uit
    avregistrera* mig
    alkaa|ala ~1 lahett*|laheta*
    lopett* viest*
    ^ nao autorizo $
    acha kutuma|kunitumia
    usinitumie|msinitumie
    ازلني|ازيلوني من
    не ~1 пращ*|изпращ*|надсил*
    मत|mat भेज*|bhej*
    پيام*|پيغام|ميسج|اس_ام_اس ~3 نفرست*|نده*|ندهيد|مت|بند
    תפסיקו|תפסיק|הפסיקו|להפסיק|אל לשלוח|תשלחו|תשלח|לשלוח|להודיע|להטריד
    הסירו|תסירו|תורידו|הורידו אותי
    μη|μην ~1 στελν*|στειλ*|γραφ*|ενοχλ*
    σταματ* ~2 μηνυματα|στελν*
    सदस्यता|सब्सक्रिप्शन ~1 समाप्त|रद्द|बंद
    стоп ~1 смс|сообщен*|рассылк*
    nu ~3 trimite*|scrie*|contacta* [mesaje|sms|$]
    opriti|opreste ~1 mesaje*|sms*
    neposilejte|neposilej|nepiste|prestante ~1 sms|zpravy|mi|posilat|psat|$
    ne kuld*|irj* [nekem|tobb|tobbet] [sms*|uzenet*|tobb*|$]
    jangan|berhenti|stop ~1 kirim*|mengirim*|hubungi|sms
    """,
    _VOCABULARY,
)

# Whole replies that end it in one language and are everyday words in another.
DOUBT = phrases(
    """
    ^ quero_sair|acha|dur|ret|rete|huy|dung|hinto|ihinto|ferma|sluta|slutt|reta|kanselahin|zatrzymaj|konec|ne $
    """
)

# A keyword of a script without spaces, with the courtesy that is written into it.
_KEYWORD = "停止|退订|退訂|ストップ|やめ|止め|중지|그만|해지|หยุด|ยกเลิก|เลิก|ຢຸດ|ឈប់|ရပ်"
_PLEASE = "请|請|どうか|กรุณา|โปรด|ช่วย|សូម"
_THANKS = (
    "吧|谢谢|謝謝|して|て|ください|お願いします|해|하세요|주세요|감사합니다|ครับ|ค่ะ|คะ|นะ|ด้วย|ขอบคุณ|ເດີ້|ပါ|ပေး"
)
# Scripts without spaces between words: an opt-out anywhere in the reply, or a keyword alone.
UNSPACED = re.compile(
    "退订|退訂|取消订阅|取消訂閱|拒收|不要再(?:发|發|傳|传|给我|給我)|别再(?:发|给我)|別再(?:發|傳|給我)|停止(?:发送|發送|发短信|傳送)|配信停止"
    "|配信を(?:止|停止)|送らないで|수신거부|그만보내|보내지마|문자하지마|문자그만|번호삭제|잘못보내|번호가틀"
    "|(?:别|別|不要)(?:发|發|傳|传)(?:了|短信|信息|消息|訊息|簡訊|给我|給我)|[删刪]除我的?[号號]|[号號][码碼][错錯]|打[错錯]了|登録解除|番号違い|間違い電話"
    "|ไม่อยากรับ|ไม่รับข้อความ|ลบเบอร์|ผิดเบอร์"
    "|連絡しないで|メール不要|หยุดส่ง|เลิกส่ง|อย่าส่ง|ไม่ต้องส่ง|ยกเลิกการสมัคร|ยกเลิกข้อความ|ยกเลิกการรับ|ຢຸດສົ່ງ|ຢ່າສົ່ງ|ຍົກເລີກການ"
    "|ឈប់ផ្ញើ|កុំផ្ញើ|មិនចង់ទទួល|မပိုနဲ|မပိုပါနဲ|ဆက်မပို"
    rf"|^(?:{_PLEASE}){{0,2}}(?:{_KEYWORD})(?:{_THANKS}){{0,4}}$"
)

WRONG_NUMBER = phrases(
    """
    falsche nummer|person
    verkeerd nummer|persoon
    fel nummer|person
    zly|zla|niewlasciwy numer
    yanlis numara|kisi
    ошиблись|ошибся|ошиблась [номером]
    не тот номер
    رقم|الرقم خاطي|غلط|خطا
    מספר שגוי|לא_נכון
    טעות במספר
    numero|pessoa errado|errada
    numero sbagliato
    ha|hai|avete sbagliato numero|persona
    {wrong} {number}
    <order|ऑर्डर {number} {wrong} [है|hai] $
    move nimewo
    nham|sai|lon so
    xoa so ~1 toi
    это|номер не мои [номер]
    ^ pomylka $
    """,
    _VOCABULARY,
)
