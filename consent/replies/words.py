"""Words that decide alone: what providers and the regulator list, and what stands for them in other languages."""

# ruff: noqa: SIM905, E501 - a table of words reads best as words

# 47 CFR 64.1200(a)(10): a reply with one of these revokes consent by definition, in every program.
PER_SE = frozenset("stop quit end revoke optout cancel unsubscribe".split())

# Whole replies, squeezed to letters: the regulator's words, those providers act on, and those of other languages.
STOP_WORDS = PER_SE | frozenset(
    "stopall unsub remove td arret arrete arretez arreter arrett arretes"
    " desubscribe unsubscription unsubscribed stopp cease desist halt unenroll dnc"
    " alto basta baja pare paren parar detener detengan deten detente cese cesar desuscribir desuscribirme"
    " desuscribirse darmedebaja dardebaja darsedebaja nomas yanomas cancelar cancele cancela cancelen cancelarsuscripcion"
    " cesser cessez desabonner desabonnement desabonne desabonnezmoi desinscription desinscrire desinscrit stopsms stoppub"
    " sair descadastrar desinscrever abmelden abbestellen aufhoren stopper smettila cancellami disiscrivimi"
    " stoppen afmelden uitschrijven stoppa avsluta avregistrera avanmal afmeld frameld avmeld avslutt lopeta peruuta"
    " rezygnuje rezygnacja wypisz wypisuje wypisac zrusit odhlasit iptal durdur annulla disiscrivi disiscriviti cancellatemi"
    " huydangky tigil simama dumina daina berhenti hentikan odjava framelding itigil tigilan sispann leiratkozas dezabonare"
    " стоп отписаться отписка отпишите отмена відписатися ايقاف الغاء توقف الغاءالاشتراك הסר הסרה להסרה הסירו עצור قف διαγραφη στοπ"
    " 退订 退訂 取消订阅 取消訂閱 停止 拒收 配信停止 ストップ 解除 退会 수신거부 거부 중지 해지 그만"
    " หยุด ยกเลิก ຢຸດ ຍົກເລີກ ឈប់ បញ្ឈប់ បោះបង់ ရပ် ရပ်ပါ ရပ်တန် बंद बन्द बंदकरो बंदकरें बंदकरा थांबवा रोकें रोको থামান বন্ধ বন্ধকরুন বন্ধকরো বন্ধকর"
    " ਬੰਦ ਬੰਦਕਰੋ બંધ બંધકરો நிறுத்து நிறுத்தவும் ఆపు ఆపండి ನಿಲ್ಲಿಸಿ ನಿಲ್ಲಿಸು നിർത്തുക നിർത്തൂ නවත්වන්න නවතන්න"
    " bandkaro bandkaren كف وقف اوقفوا بند بندكرو بندكريں روكو قف اوقف لغو لغوعضويت توقفكنيد הפסק הפסיקו კმარა შეწყვეტა 停 停止發送 停止发送"
    " спри спрете стіи зупинити зупиніть відписка зогсоох тоқтат σταματα σταματηστε διακοπη opreste opriti zastavit przestan"
    " leallit leiratkozom durdurun sitisha tsaya kanpe አቁም դադարեցնել".split()
)
STOP_ALL = frozenset(
    "stopall endall quitall cancelall unsubscribeall optoutall unsuball removeall revokeall arrettout stoptout altotodo"
    " cancelartodo stopeverything".split()
)

# Whole replies that a reasonable person reads as a request to stop, but that are ordinary words too.
SOFT_STOP_WORDS = frozenset(
    "para salir fin terminar termina finir annuler annulez annule resilier resiliez anular borrar eliminar supprimer"
    " quitar nomore nomoretexts notexts notexting stopit quitit endit stopthat stopthese endthis endthese nomsgs"
    " ngung tuchoi dunglai removethis suspender revoco revocar yabasta finito 取消 batal отказ nechci नको বাতিল ပယ်ဖျက် เลิก kundigen discontinue refuse deinscrire".split()
)

START_WORDS = frozenset(
    "start unstop resume resumeall join subscribe resubscribe optin startall subscribeme optmein resubscribeme nonarret unarret suscribir"
    " suscribirme suscribirse abonner alta restart".split()
)
# Words that ask for texts but answer many other questions too: alone, no proof of consent.
SOFT_START_WORDS = frozenset("begin continue go reanudar iniciar inicio reprendre".split())

HELP_WORDS = frozenset(
    "help info aide ayuda hilfe helpme helpplease ajuda aiuto assist assistance soporte".split()
)

YES_WORDS = frozenset("yes y yeah yep yup yea si oui sim ja da yess yesss".split())
AGREEMENTS = YES_WORDS | frozenset(
    "ok okay sure agree agreed iagree accept confirm confirmed yesido ido absolutely definitely vale claro".split()
)
REFUSALS = frozenset("no n nope nah non nein never nunca jamais".split())

# Words that only make a request more polite.
COURTESY = frozenset(
    "please thanks thank kindly sir maam madam svp stp merci gracias porfavor pf pfv bitte danke obrigado obrigada grazie"
    " perfavore пожалуиста спасибо будьласка дякую lutfen prosim prosze dziekuje kiitos tolong aub alsjeblieft παρακαλω ευχαριστω"
    " कृपया धन्यवाद ধন্যবাদ رجاء شكرا בבקשה תודה 请 請 谢谢 謝謝 감사합니다 ครับ ค่ะ คะ ขอบคุณ".split()
)
# Words around a request that change nothing about it.
FILLERS = COURTESY | frozenset(
    "hi hello hey hola bonjour salut ok okay yes no just now immediately already asap today forever right away at once"
    " sorry dude bro man guys yall people oh um well and so but then again anymore permanently good for pls stat n x xx xo xoxo smh"
    " i said want wanna to would like we you maintenant tout de suite immediatement करके भाई जी من فضلك لو سمحت".split()
)

# Pairs of keyword-like words that are no revocation although a slip of the finger would make one of them.
REAL_WORDS = frozenset(
    "atop shop step spot top drop ship slop stoop strop swop quiet quite quot suit quip ned and remote testing contract contacts message cancer unsubscribed unsubscribing removed removes deleted deletes numbers numbered".split()
)

# Real words that stand for STOP right before texting: "atop texting me".
NEARLY_STOP = frozenset("atop top step stoop strop slop spot sop".split())
# What a finger makes of "me" after such a word.
NEARLY_ME = frozenset("ne em mw mr ke mee mme nme".split())
ASKED_ABOUT_ME = frozenset("remove delete unsubscribe texting messaging contacting".split())
TEXTING = frozenset("texting messaging contacting spamming sending".split())

# Opt-out words that mean nothing else, so that "hi" or "I want to" around them changes nothing.
SURE_WORDS = frozenset("stopall unsub nomore notexts notexting nomoretexts stopit dnc".split())
# These answer many business questions ("do you want to cancel?"), so little may stand around them.
EVERYDAY_WORDS = frozenset("end quit cancel revoke".split())
# Words of no other sense when a sentence consists of one, beside the regulator's: some, and all of other scripts.
ALONE = frozenset("stopall unsub arret arretez arrete basta paren alto desuscribir desabonner".split()) | {
    word for word in STOP_WORDS if not word.isascii()
}
# Keywords that are written as several words.
WRITTEN_APART = frozenset(
    ("opt out", "opt out all", "stop all", "end all", "quit all", "cancel all", "unsubscribe all", "stop everything",
     "no mas", "ya no mas", "dar de baja", "darme de baja", "darse de baja", "cancelar suscripcion", "arret tout",
     "stop tout", "stop sms", "stop pub")
)  # fmt: skip

OPT_OUT_WORDS = frozenset("stop quit end revoke cancel unsubscribe optout stopall unsub unsubscribed".split())

# Texting shorthand and common misspellings, written out.
RESPELLED = {
    "u": "you", "ur": "your", "yall": "you", "plz": "please", "pls": "please", "plse": "please",
    "plez": "please", "pleas": "please", "pleaes": "please", "plese": "please", "txt": "text",
    "txts": "texts", "txting": "texting", "txtin": "texting", "textin": "texting", "txtng": "texting",
    "textng": "texting", "txtn": "texting", "texing": "texting", "txted": "texted", "tex": "text", "msg": "message",
    "mssg": "message", "msgs": "messages", "mssgs": "messages", "msging": "messaging", "mesage": "message",
    "mesages": "messages", "messege": "message", "messeges": "messages", "massages": "messages", "smses": "sms",
    "thx": "thanks", "thnx": "thanks", "ty": "thanks", "tks": "thanks", "thankyou": "thanks", "gonna": "going to",
    "wanna": "want to", "gotta": "have to", "frm": "from", "dis": "this", "dese": "these",
    "nbr": "number", "num": "number", "numba": "number", "nmbr": "number", "nr": "number", "wrng": "wrong",
    "rong": "wrong", "worng": "wrong", "dnt": "dont", "donot": "dont", "dontt": "dont", "dunno": "dont know",
    "cannot": "cant", "recieve": "receive", "recieving": "receiving", "recive": "receive", "annoing": "annoying",
    "harrassing": "harassing", "harrass": "harass", "harrassment": "harassment", "rmv": "remove", "nethin": "anything", "nething": "anything", "anythin": "anything", "nothin": "nothing", "revolk": "revoke", "aint": "isnt",
    "unsuscribe": "unsubscribe", "unsubcribe": "unsubscribe", "unsubscibe": "unsubscribe", "unsubsribe": "unsubscribe",
    "unsubscrbe": "unsubscribe", "unscribe": "unsubscribe", "unsubribe": "unsubscribe", "unsubscrib": "unsubscribe",
    "msj": "mensaje", "mensage": "mensaje", "mensages": "mensajes", "fabor": "favor", "msjs": "mensajes", "mnsj": "mensaje", "dontext": "dont text", "w": "with", "wit": "with", "wronge": "wrong", "mjs": "mensajes", "xfa": "porfavor", "eqivocado": "equivocado", "equibocado": "equivocado", "ekivocado": "equivocado", "porfa": "porfavor",
    "stahp": "stop", "estop": "stop", "kiero": "quiero", "q": "que", "xfavor": "porfavor", "jveux": "je veux", "jveu": "je veux", "plu": "plus", "unsuscribir": "desuscribir", "porfabor": "porfavor", "k": "ok", "kk": "ok", "thats": "that is", "its": "it is", "theres": "there is",
    "whos": "who is", "noone": "nobody", "alot": "a lot", "everytime": "every time", "theyre": "they are",
}  # fmt: skip

# So that a name is known in any case. Names that are common words too are left out.
FIRST_NAMES = frozenset(
    "aaron abby abigail adam adrian agnieszka ahmad ahmed aidan aisha alan albert alejandra alejandro alex alexa"
    " alexander alexis alfonso alfredo ali alice alicia alina alison allison alyssa amanda amber amelia amelie"
    " amit amy ana andrea andres andrew angela angie anil anita anjali ann anna anne annie anthony antoine antonio"
    " armando arthur arturo ashlee ashley aubrey audrey aurelie ava barbara barry beatriz becky belinda ben"
    " benjamin benny benoit bernard bernie beth bettina betty beverly bjorn bob bobby bonnie boris brad bradley"
    " brandi brandon brenda brent brett brian briana brittany bruce bryan caitlin cameron camille candice carl"
    " carla carlo carlos carmen carol carolina caroline carolyn carrie casey cassandra catherine cathy cecilia"
    " celine cesar chad charles charlie charlotte chelsea cheryl chiara chloe chris christian christina christine"
    " christopher christy cindy claire claude claudia cody connie corey courtney craig crystal cynthia damian dana"
    " daniel danielle danny darlene darnell darren dave david deb debbie deborah debra declan deepak denise dennis"
    " derek desiree devon diana diane diego dmitri dominic donald donna doris dorothy doug douglas dustin dylan"
    " eddie edgar edith eduardo edward eileen elaine eleanor elena elias elijah elizabeth ellen elsa emily emma"
    " enrique eric erica erik erika ernesto ernie esteban esther ethan eugene eva evelyn fabien fatima felicia"
    " felipe fernanda fernando florence francesca francisco francois fred freddy frederic gabriel gabriela gail"
    " gary george gerald gerard gerardo gilbert gina giovanni giuseppe glenda glenn gloria gonzalo gordon graciela"
    " greg gregory guadalupe guillaume guillermo gustavo hannah harold harry hassan heather hector heidi helen"
    " henri henry hiro hugo hussein ian ibrahim igor ingrid irene isaac isabel isabelle ismael ivan jack jackie"
    " jacob jaime jamal james jamie jane janet janice jared jason javi javier jean jeanne jeff jeffery jeffrey"
    " jenna jennifer jenny jeremy jermaine jerome jerry jesse jessica jessie jill jim jimmy jin joan joao jocelyn"
    " joe joel joey john johnnie johnny jon jonas jonathan jorge jose joseph josephine joshua josie joyce juan"
    " juana juanita judith judy julia julian juliana julie julien julio jurgen justin kaitlyn karen karina karine"
    " karl kate katherine kathleen kathryn kathy katie kavita kayla keisha keith kelly kelsey ken kendra kenji"
    " kenneth kevin khalid kim kimberly klaus kristen kristin kristina kurt kyle lakisha larry latasha latoya"
    " laura lauren laurent layla lea leah leon leonard leslie leticia liam liliana lillian lily linda linh lisa"
    " logan lorena loretta lori lorraine louis louise luc luca lucas lucia lucie lucille lucy luis luke lydia lynn"
    " mackenzie maggie malik manon manuel marc marcel marco marcus margaret margarita maria mariana marianne marie"
    " marilyn mario marjorie marlene marsha marta martha martin mary mateo mateusz mathieu mathilde matt matteo"
    " matthew maurice megan melanie melinda melissa meredith michael micheal michel michelle miguel mike mildred"
    " minh miranda mireille mitch mohamed mohammed molly monica monique morgan muriel mustafa nadia nancy naomi"
    " natalia natalie natalya natasha nathalie nathan nathaniel ned neha neil nguyen nicholas nick nicolas nicole"
    " nina noah noemi nora octavio odette odile olga olivia omar oscar pablo pam pamela paolo pascal patricia"
    " patrick paul paula paulina pauline pedro peggy peter phil philip philippe phillip phyllis pierre pilar pooja"
    " priya rachel rafael rahul raj ralph ramon raquel raul ravi raymond rebecca reggie regina rene renee rhonda"
    " ricardo richard rick ricky rita robert roberto rocio rodney rodrigo roger roland ronald ronnie rosa rosario"
    " rosie roxanne roy ruben russell ruth ryan sabrina sally sam samantha sammy samuel sandra sanjay sara sarah"
    " sasha saul scott sean sebastien selena sergei sergio shane shannon sharon shaun shawn sheila shelley sherri"
    " sherry shirley silvia simone siobhan sonia sophia sophie spencer stacey stacy stella stephane stephanie"
    " stephen steve steven stuart sunil susan susana suzanne sven svetlana sylvain sylvia sylvie takashi tamara"
    " tammy tanner tanya tara ted teresa terrence terri terry theresa thiago thierry thomas tiffani tiffany tim"
    " timothy tina todd tom tommy tony tracey tracy travis trevor tricia troy tyler tyrell tyrone ursula valentina"
    " valerie vanessa vera veronica vicki vicky victor victoria vikram vince vincent virginia viviana walter wanda"
    " warren wayne wei wendell wendy william wilma xavier xiao yolanda yuki yusuf yves yvette yvonne zach zachary"
    " zoe".split()
)
