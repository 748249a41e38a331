"""Spanish phrases, accents dropped as folded text has them."""

from consent.replies.pattern import phrases

# ruff: noqa: E501 - one phrase is one line

_VOCABULARY = {
    "halt": "dejenme dejeme stop parenle parele parale deja deje dejen dejad dejar para pare paren parar cesa cese cesen cesar evita evite eviten deten detenga"
    " detengan detener termina terminen suspenda suspendan suspender basta",
    "pester": "escrib* molest* text* mensaj* contact* llam* spam* acos* fastidi* notific* joder* hostig* insist* bombarde* freg* ching*",
    "give": "envien envie envies enviar enviarme enviarnos manden mande mandes mandar mandarme mandarnos enviando mandando mandara mandaran enviara enviaran"
    " estar_enviando estar_mandando estarme_enviando estarme_mandando",
    "call": "escriban escriba escribas escribir escribirme contacten contacte contactes contactar contactarme molesten"
    " moleste molestes molestar molestarme escribieran escribiera contactaran contactara molestaran molestara llamaran texteen textee textees textear textearme llamen llame llames llamar llamarme"
    " notifiquen notificarme mensajeen jodan joda jodas insistan escribiendo molestando llamando contactando busquen",
    "again": "vuelvan vuelva vuelvas volver sigan siga sigas seguir",
    "want": "quiero deseo necesito quisiera queremos acepto me_interesa me_interesan",
    "when": "el la hoy manana tan a antes despues tarde ahora ahorita en hasta lunes martes",
    "det": "todo toda los las sus tus mas tantos tantas estos esos estas esas ningun ni_un otro otra todos_los todas_las de_sus de_estos"
    " de_esos de_los ya la el mi su esta este a servicio_de envio_de recepcion_de",
    "msgs": "mensaje mensajes sms texto textos mensajito mensajitos notificaciones notificacion alertas alerta publicidad"
    " promociones promocion promos anuncios propaganda spam avisos recordatorios ofertas comunicaciones correos emails",
    "me": "me nos",
    "list": "contactos chat agenda directorio lista listas base sistema grupo registro registros mensajes sms suscripcion aqui ahi esto",
    "off": "quitame quiteme quitenme quitarme quitenos saqueme saquenme sacame sacarme saquenos borrame borreme borrenme"
    " borrarme eliminame elimineme eliminenme eliminarme removerme remuevame remuevanme remueveme retireme retirenme"
    " retirame retirarme bajenme bajeme bajame excluyanme excluyame tachenme",
    "erase": "borr* elimin* quit* sac* saqu* remuev* remover retir* suprim* olvid* pierd*",
    "number": "numero telefono celular contacto nombre datos cel movil linea",
    "cancel": "cancel* finaliz* anul* termin* deten* suspend* desactiv* revoc* cesa* cese*",
    "consent": "consentimiento permiso autorizacion consentimientos consenti",
}

NEGATED = phrases(
    """
    no dejes|deje|dejen|pares|pare|paren|cancelen|canceles|cancele|quiten|borren|me_quiten|me_borren|me_den_de_baja ~3
    no {want} dejar|cancelar|perder*|parar|darme_de_baja|salir|que_dejen|que_paren ~4
    no puedo|podemos|puede|puedes parar|dejar
    """,
    _VOCABULARY,
)

REVOKE = phrases(
    """
    {halt} [ya] [de|con|d] [estar|una_vez] [{me}] {pester}
    {halt} [ya] [de|con|d] {give} [{det}] [{det}] {msgs}|cosas|esto|eso|nada|$
    {halt} [ya] de|con|a|d [{det}] [{det}] {msgs}
    deje|dejen|pare|paren|parar|cese|cesen|cesar|deten|detenga|detengan|detener|suspenda|suspendan|suspender|basta [{det}] [{det}] {msgs}
    nada de {msgs}
    no me|nos lleguen|llegue
    como ~2 dejo|dejar|dejamos de recib*
    no|nunca|nunca_mas|jamas|ya_no|ni {me} [{again}|deben|tienen_que] [a] {call} !{when}
    no|nunca|nunca_mas|jamas|ya_no|ni|sin [{me}] [{again}] [a] [{me}] {give} [{me}] [{det}] [{det}] nada|{msgs}|mas|esto|eso|cosas|informacion|$
    no|nunca|ya_no {again} a ~1 {pester}
    no escribirme|contactarme|molestarme|llamarme|textearme|escriban|contacten|molesten|texteen|molestar|escribir|textear|contactar
    no|ya_no|tampoco {want} [seguir] recibir|recibiendo|recibirlos|recibirlas ~3 {msgs}|nada|informacion|de_ustedes|mas|esto|estos|$
    no|ya_no|tampoco [{want}] [recibir] [{det}] [{det}] {msgs} !de_texto_de|in|on
    no|ya_no {want} que ~2 {pester}|manden|envien|mande|envie
    no|ya_no {want} ser contactad*|molestad*
    no|ya_no {want} estar|seguir|participar ~3 {list}|$
    {off} [ya|de_aqui|de_una_vez|ahora|inmediatamente] $
    {off} ~1 [de|del] ~2 {list}
    [{me}] {erase} mi|este|nuestro|el [{number}] [de] {number} !en|del_pedido|de_la_cuenta|viejo
    {erase} mi|este {number}
    {erase} mis datos|informacion
    dej*me|dejar|dejo de {pester}|recib*
    baja definitiva|inmediata|total $
    no|ya_no {want} mas informacion $
    me|nos quiten|saquen|borren|eliminen|remuevan|retiren|den_de_baja|desuscriban|saque|borre|elimine|retire|remueva
    dame|deme|date|dese|denme|darme|darnos|darse|dar|dennos|den|des|doy de baja !en|el
    baja|bajenme|bajame|bajeme [de] [la|mi|esta|su|tu] lista|suscripcion|mensajes
    solicito|quiero|pido|solicitar|deseo|quisiera|tramitar|necesito|dar [la|mi|una] baja
    baja del servicio
    me di de baja !en|del
    no esten|este|estes {call}|{give}
    no {call} ni {call}
    no {call} mas $|a|nunca
    puede|pueden|puedes|podria|podrian parar|detenerse ya|$
    {cancel} mi|este numero|telefono|celular $
    ya no ching*
    bloque* mi|este|nuestro numero|telefono
    rechazo|rehuso ~2 {msgs}
    escribi|puse|mande|envie|respondi stop
    como me borro|quito|elimino $|de_esto|de_esta|de_la_lista|de_su|de_aqui
    no !puedo|puede|pude|se ~2 usen|usar|utilicen|utilizar mi|este numero
    si no paran|dejan ~2 denunci*|report*|demand*
    ni_un {msgs} mas
    decir|dije|dicho|digo|pedi|pedido [que] stop|alto|paren|pare|pararan|basta
    no|nunca ~1 pedi|solicite ~1 {msgs}|recibir
    como ~3 de_baja|desuscribo|cancelo_los|cancelo_la_suscripcion
    como ~3 salgo|salir|salirme [de] [la|su|esta|este] lista|grupo|servicio|esto|mensajes|aqui|$
    desuscrib*|desuscripcion|desinscrib*|dessuscrib*
    {cancel} [{det}] [mis] [{det}] {msgs}|suscripcion|subscripcion|suscripciones|mensajeria
    suscripcion|mensajes|sms cancelar|cancelada|cancelado $
    retir*|revoc*|cancel*|anul* [mi|el|la] {consent}
    no|nunca|jamas|ni ~3 {consent}
    sin mi {consent}
    no ~1 de_acuerdo [en|con] recibir ~2 {msgs}|esto|$
    no|nunca|jamas [les|le|he] autoric*|autorizo|autoriza*|autorizado|consiento !el_cargo|ese_cargo|este_cargo|el_cobro|ese_cobro|este_cobro|el_pago|ese_pago|este_pago|la_compra|esa_compra|esta_compra
    no|nunca|jamas me [he] suscrib*|inscrib*|registr* ~1 esto|este|estos|nada|{msgs}|$
    no tiene*|tienen [mi] derecho
    dej*me|dej*nos [ya] en|tranquil* [paz]
    dejen|deje|deja ~2 en paz
    no molest*|fastidi*|jod* !el|la|nada
    salir|salirme|fuera de [la|esta|su|tu] lista|grupo
    lista de no llamar|contactar|molestar
    no quiero nada de ustedes|usted|ti
    no|ya_no {want} [ser|formar] parte de
    no [{want}] [que] me|nos incluyan|incluya|agreguen|metan|suscriban|suscriba|inscriban|inscriba|registren
    no {want} suscrib*|inscrib*|unirme ~2 {msgs}|{list}|$
    no estoy|estamos interesad* en ~2 {msgs}
    ^ [ya] fin de|a [los|estos] {msgs}
    cero|ningun {msgs}
    ^ [porfavor] sin {msgs} $
    demand*|denunci*|report*|policia|abogad* ~2 si ~3 {call}|{give}|escrib*|mand*
    ^ [porfavor] no recibir [mas|nada|{det}] [{det}] [{msgs}] $
    prohib* ~2 {give}|{call}|{msgs}
    no ser|estar contactad*|molestad*|incluid*|inscrit*
    nomas {msgs}
    renunci* ~2 recibir|{msgs}|suscripcion
    ^ [porfavor] {erase} de [la|su|esta|tu|vuestra] lista|base $
    como ~2 cancelo|cancelar|quito|quitar|detengo|detener|paro|apago esto|estos|este_servicio|los_mensajes
    no insistan|insista|insistas
    {halt} [ya] de usar|utilizar|compartir|vender mi|este|nuestro numero|telefono
    {halt} <basta [ya] con esto|eso|todo_esto|estas_cosas
    no|ya_no {want} saber [mas] nada|de_ustedes
    me|nos pueden|puede|podrian|podria|puedes|quieren [porfavor] quitar|sacar|borrar|eliminar|remover|retirar [de] [la|su|esta|esa|tu|mi] lista|grupo|sistema|aqui|numero|$
    cansad*|canse|harto|harta|hartos|aburrid* ~3 {msgs}
    stop|alto [a|con] [{det}] {msgs}
    """,
    _VOCABULARY,
)

REVOKE_SENDER = phrases(
    """
    ^ [{lead}] [{lead}] stop|alto|basta|paren|pare|parale|parenle|parar|baja|detener|para|detengan|detenganse|deten|dejen [ya|esto|con_esto|eso|inmediatamente|ahora] [gracias] $
    ^ [{lead}] ya basta
    ^ [{lead}] stop|alto|basta [ya|porfavor] no|ya_no me|quiero|quieren|quieres|manden|gracias
    ^ [{lead}] no mas $
    ^ [{lead}] ya no mas $
    ^ porfavor ya no $
    ^ [{lead}] dejenme|dejeme|salirme|saquenme|borrenlo|borrenme $
    """,
    {"lead": "ya porfavor hola ok bueno oiga oigan si"},
)

WRONG_NUMBER = phrases(
    """
    numero|number|telefono|persona|contacto equivocad*|incorrect*|errone*|errad*
    mal numero $
    equivocad*|equivoc*|confund* [de|el|en_el] [de] numero|persona|contacto|telefono
    equivocad*|equivoc*|confund* no soy|conozco|es
    ^ [{lead}] [{lead}] se|te|estas|esta|estan|os equivoc*|confund* $
    ^ equivocad* $
    <el|la|que este|ese|esta|esa [numero|persona] no es {name}
    numero era de
    acabo|acabamos de comprar|recibir|adquirir|sacar [este] numero
    no soy NAME|la_persona|el_dueno|quien_busca*|esa_persona
    no soy yo|el|ella $
    numero|telefono cambio de dueno*
    no soy CAPITAL $
    <el|la no es|era|corresponde|pertenece [a] [el|mi|su|la|este] [mi|su] numero|telefono|persona|celular [de|correct*|es|indicad*] !factura|pedido|orden
    ya no es|tiene|usa|pertenece [a] [el|este|su] [numero|telefono|celular] de|el|ella|NAME|numero|telefono|celular
    numero|telefono|celular ya no es|pertenece|corresponde
    no conozco|conocemos [a] [al|la|ningun|ninguna] {name}|esa_persona|persona|nadie|senor|senora
    no me llamo
    no es|era mi nombre
    aqui no|nadie vive|trabaja|se_llama [NAME|nadie|mas|esa_persona|ese_senor|esa_senora|el|ella] $
    aqui no|ya_no vive|hay|esta|trabaja|existe ~2 {name}|nadie
    no|nadie hay|vive|se_llama|existe ~3 ese_nombre|NAME|aqui
    cambio de numero
    """,
    {"lead": "creo que usted ustedes perdon disculpe disculpa no hola"},
)

START = phrases(
    """
    <no quiero|quisiera|deseo|me_gustaria suscrib*|inscrib*|apuntarme|unirme
    <no|al|quiero|quisiera|deseo|gustaria suscrib*me|inscrib*me|suscribanme|suscribame|apuntame
    <no quiero|quisiera|deseo [volver_a] recibir ~1 mensajes|sms|alertas|textos ~1 otra_vez|de_nuevo|nuevamente|$
    <no reanud*|vuelvan_a|vuelve_a|vuelva_a [los|el] [enviarme|mandarme|enviar|mandar|escribirme] [los] mensajes|sms|textos|$
    """
)

HELP = phrases(
    """
    ^ [hola|porfavor|si] [porfavor] necesito|quiero|ocupo|requiero [su|tu|de] ayuda $
    ^ [hola|porfavor] [me] ayuda|ayudame|ayudenme|ayudeme|puede_ayudar|pueden_ayudar|puedes_ayudar $
    ^ [mas] informacion $
    """
)

DOUBT = phrases(
    """
    no [me|estoy|estamos] interesa|interesad* $
    ^ ya no $
    ^ [ya] no quiero [nada|mas|pertenecer|seguir] $
    ^ bloquear|eliminar|remover|quitar $
    ^ [es|esto_es|esto_es_una|puro|pura] estafa|fraude|spam $
    ^ [ya_es|es|ya_fue] suficiente $
    vete|vayanse|larguense|largate|callate|callense
    como|quien|donde ~2 obtuv*|consigui*|dio|tiene*|sac* ~2 mi numero|telefono|contacto
    voy a|los reportar*|denunciar*|demandar*|bloquear*|reporto|denuncio
    no quiero|pedi|solicite esto|eso $
    cancel* [el|este|mi] servicio $
    quien es {name} $
    reportad*|bloquead*|denunciad* $
    menos|muchos|demasiados|tantos mensajes|sms|textos
    ^ [ya|me|si] [quiero|deseo|necesito|quisiera] cancelar|cancelen|cancele|anulen|anulenlo|terminar|salir|salirme|cancelarlo|darme_de_baja [ya|todo|esto|de_esto] $
    ^ la baja $
    no soy client* $
    me salgo $
    cuantas veces ~5 no|paren|pare|basta|stop|alto
    ya [les|le|te] dije|he_dicho que no
    como|donde ~1 cancelo|salgo $
    siguen|sigue|continuan {give}|escribiendo|llegando
    {off} $
    basta|paren|dejen !de|con|que|en|la|el|las|los
    <la|mas|muy|es|planta|en|temporada|talla|de|una|bien|precio baja $
    no|nunca {me} [vuelvan_a] {call}
    no ~2 mensajes|sms|textos|notificaciones
    consentimiento|desuscrib*
    cancelen|cancelenlo|cancelenla|cancelenme $
    borr*|elimin*|quit* ~3 numero|lista|mensajes|sms
    """,
    _VOCABULARY,
)

ORDINARY = phrases(
    """
    no [me|nos|he|hemos|te|les|le|ha|han] [ha|han|he] lleg*|recib*|envio|enviaron|mando|mandaron|aparec*|enviado|mandado ~4
    no puedo ~2 mensajes|texto|textos|sms
    lista de espera
    """
)

AUTOMATIC = phrases(
    """
    respuesta|mensaje automatic*
    estoy|voy conduciendo|manejando
    fuera de la|mi oficina
    este numero|buzon no acepta|recibe|puede
    llamada perdida de
    """
)
